/**
 * Mails on their way in a service: a mail API that fails as it is told to, and what is asked and done with mails.
 *
 * @module
 */
import { parseEmail } from "../../lib/base/email.ts";
import { findMailedLink, type LinkPurpose } from "../../lib/outbox/links.ts";
import { type MailKind, putMail } from "../../lib/outbox/outbox.ts";
import { type SentMail, TestService, type TestServiceOptions } from "./test_service.ts";

/** What the mail API does with a mail: a status, no answer at all, or an answer that is lost after it took the mail. */
export type MailWeather = number | "hangs" | "answer lost";

/** A mail that the API was handed. */
export interface MailTry {
  /** The mail. */
  readonly mail: SentMail;
  /** Its `Idempotency-Key`. */
  readonly key: string;
  /** When, in simulated milliseconds since the epoch. */
  readonly at: number;
  /** What came of it. */
  readonly weather: MailWeather;
}

/** A service, and the API that its mails go to. */
export interface MailService extends AsyncDisposable {
  readonly service: TestService;
  /** Every mail that the API was handed, taken or not. */
  readonly tries: readonly MailTry[];
  /** What comes next, in turn; then the last of them again and again. 200 at first. */
  weather: MailWeather[];
  /** Asks for a mail to an email. */
  ask(email: string, kind?: MailKind): Promise<void>;
  /** Moves the clock and does what is due then. */
  pass(ms: number): Promise<void>;
  /** Resolves when the API was handed so many mails; the clock stands still. */
  tried(count: number): Promise<void>;
  /** The lines of the log with a name, without what every line has. */
  lines(message: string): Record<string, unknown>[];
}

/**
 * Opens a service whose mail API can be told what to do.
 *
 * @param tries Where what the API was handed is kept: several services can have the same.
 */
export async function openMailing(
  options: TestServiceOptions = {},
  tries: MailTry[] = [],
): Promise<MailService> {
  const service: TestService = await TestService.open({
    ...options,
    wrapFetch: (reach) => async (url, init) => {
      if (!String(url).startsWith("https://mail.test/")) return await reach(url, init);
      const key = new Headers(init?.headers).get("idempotency-key") ?? "";
      const weather = (mailing.weather.length > 1 ? mailing.weather.shift() : mailing.weather[0]) ?? 200;
      tries.push({ mail: JSON.parse(String(init?.body)), key, at: service.clock.now(), weather });
      if (weather === "hangs") {
        return await new Promise((_, reject) => {
          init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
        });
      }
      if (typeof weather === "number" && weather >= 300) return new Response(null, { status: weather });
      const response = await reach(url, init);
      if (weather === "answer lost") throw new TypeError("connection reset");
      return response;
    },
  });
  const mailing: MailService = {
    service,
    tries,
    weather: [200],
    async ask(email, kind = "password_reset") {
      const { services } = service;
      const parsed = parseEmail(email);
      if (parsed === null) throw new RangeError("Not an email");
      using store = services.db.within(3000);
      await store.transact((batch) => putMail(services, batch, { kind, email: parsed }));
    },
    async pass(ms) {
      await service.clock.advance(ms);
      await service.runDueTasks();
    },
    async tried(count) {
      while (tries.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    lines: (message) =>
      service.log.filter((line) => line.message === message).map(
        ({ "@timestamp": _, level: __, logger: ___, message: ____, ...fields }) => fields,
      ),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
  return mailing;
}

/** The token of a mail's link; empty when it has none. */
export function tokenOf({ text }: Pick<SentMail, "text">): string {
  return /\/([A-Za-z0-9_-]{64})$/m.exec(text)?.[1] ?? "";
}

/** Whether a mail's link is good now. */
export async function isGood(
  { services }: TestService,
  mail: SentMail,
  purpose: LinkPurpose = "password",
): Promise<boolean> {
  using store = services.db.within(3000);
  const link = await findMailedLink(store, { token: tokenOf(mail), purpose });
  return link !== null && !link.entry.value.used;
}
