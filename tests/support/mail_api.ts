/**
 * A service whose mail API answers as a test says.
 *
 * @module
 */
import { parseEmail } from "../../lib/base/email.ts";
import { type MailKind, putMail } from "../../lib/outbox/outbox.ts";
import { MORK } from "./account_requests.ts";
import { isLinkValid } from "./mailed_links.ts";
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

/** The variables of a service that asks no one-click customer for a password. */
export const NO_NUDGE = { PASSWORD_NUDGE_AFTER_HOURS: "0" };

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

/** Opens a service with the one-click customer `mork`, for whom a mail with a reset link waits. */
export async function openWithMail(options: TestServiceOptions = {}): Promise<Mailing> {
  const mailing = await openMailing({ ...options, env: { ...NO_NUDGE, ...options.env } });
  await mailing.service.signedIn("mork.1");
  await mailing.enqueue(MORK);
  return mailing;
}

/** Counts the stored mails, tasks and mailed links; a kind without a record is left out. */
export async function storedMails({ service }: Mailing): Promise<Record<string, number>> {
  const kinds = ["mail", "task", "mailed_link"];
  return Object.fromEntries(Object.entries(await service.stored()).filter(([kind]) => kinds.includes(kind)));
}

/** Reads the emails of all accounts. */
export async function accountEmails({ kv, services: { keyring } }: TestService): Promise<string[]> {
  return await Array.fromAsync(
    kv.list<Uint8Array>({ prefix: ["account"] }),
    ({ key, value }) => JSON.parse(keyring.open(value, key.join("/"))).email,
  );
}

/** Tells for each attempt whether the link of its mail to choose a password is valid now. */
export function validLinks({ service, attempts }: Mailing): Promise<boolean[]> {
  return Promise.all(attempts.map(({ mail }) => isLinkValid(service, mail)));
}
