/**
 * A service whose mail API answers as a test says.
 *
 * @module
 */
import { parseEmail } from "../../lib/base/email.ts";
import { type MailKind, putMail } from "../../lib/outbox/outbox.ts";
import { type SentMail, TestService, type TestServiceOptions } from "./test_service.ts";

/**
 * What the mail API does with a mail. A number is the status of its answer; below 300 it takes the mail. "hangs": it
 * neither takes the mail nor answers. "answer lost": it takes the mail, and its answer does not arrive.
 */
export type MailApiAnswer = number | "hangs" | "answer lost";

/** One attempt to hand a mail to the API. */
export interface MailAttempt {
  /** The mail. */
  readonly mail: SentMail;
  /** The `Idempotency-Key` of the request. */
  readonly key: string;
  /** The time of the attempt, in simulated milliseconds since the epoch. */
  readonly at: number;
  /** What the API did. */
  readonly answer: MailApiAnswer;
}

/** A service, and the mail API that it uses. */
export interface Mailing extends AsyncDisposable {
  /** The service. */
  readonly service: TestService;
  /** Every attempt, whether the API took the mail or not. */
  readonly attempts: readonly MailAttempt[];
  /** The next answers of the API, in order; the last one repeats. At first every mail is taken. */
  answers: MailApiAnswer[];
  /** Puts a mail to an email into the outbox, without the limits of a request. A reset link by default. */
  enqueue(email: string, kind?: MailKind): Promise<void>;
  /** Moves the clock, and then runs the tasks that are due. */
  advance(ms: number): Promise<void>;
  /** Resolves after a number of attempts in all. The clock stands still meanwhile. */
  attempted(count: number): Promise<void>;
  /** The log's lines with a message, without the fields that every line has. */
  logged(message: string): Record<string, unknown>[];
}

/**
 * Opens a service and its mail API.
 *
 * @param attempts The list that gets the attempts; several services can share one.
 */
export async function openMailing(
  options: TestServiceOptions = {},
  attempts: MailAttempt[] = [],
): Promise<Mailing> {
  const service: TestService = await TestService.open({
    ...options,
    wrapFetch: (reach) => async (url, init) => {
      if (!String(url).startsWith("https://mail.test/")) return await reach(url, init);
      const key = new Headers(init?.headers).get("idempotency-key") ?? "";
      const answer = (mailing.answers.length > 1 ? mailing.answers.shift() : mailing.answers[0]) ?? 200;
      attempts.push({ mail: JSON.parse(String(init?.body)), key, at: service.clock.now(), answer });
      if (answer === "hangs") {
        return await new Promise((_, reject) => {
          init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
        });
      }
      if (typeof answer === "number" && answer >= 300) return new Response(null, { status: answer });
      const response = await reach(url, init);
      if (answer === "answer lost") throw new TypeError("connection reset");
      return response;
    },
  });
  const mailing: Mailing = {
    service,
    attempts,
    answers: [200],
    async enqueue(email, kind = "password_reset") {
      const { services } = service;
      const parsed = parseEmail(email);
      if (parsed === null) throw new RangeError("Not an email");
      using store = services.db.within(3000);
      await store.transact((batch) => putMail(services, batch, { kind, email: parsed }));
    },
    async advance(ms) {
      await service.clock.advance(ms);
      await service.runDueTasks();
    },
    async attempted(count) {
      while (attempts.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    logged: (message) =>
      service.log.filter((line) => line.message === message).map(
        ({ "@timestamp": _, level: __, logger: ___, message: ____, ...fields }) => fields,
      ),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
  return mailing;
}
