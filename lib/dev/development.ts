/**
 * The service with what development adds: the console at `/dev`, and the mailbox at `/dev/mail`.
 *
 * @module
 */
import { createApp } from "../../routes/mod.ts";
import { createServices, type Services, type Surroundings } from "../services.ts";
import { createConsole } from "./console/server/console.tsx";
import { DEV_MAIL_URL } from "./environment.ts";
import { createMailbox, type Mailbox } from "./mailbox/mailbox.ts";
import { Trace } from "./console/server/trace.ts";

/** What development is made of. */
export interface DevelopmentOptions extends Surroundings {
  /** Milliseconds since the epoch, with their fractions: times the console's timeline. */
  readonly now: () => number;
}

/** The service in development. */
export interface Development {
  /** Answers every request. */
  readonly fetch: Deno.ServeHandler<Deno.NetAddr>;
  /** What it is made of. */
  readonly services: Services;
  /** Where its mails go. */
  readonly mailbox: Mailbox;
}

/** The name under which the console sends its requests, so that they are watched. */
const VISIT = "x-console-visit";

/** Puts it together. */
export function createDevelopment({ now, ...surroundings }: DevelopmentOptions): Development {
  const { kv, clock, config } = surroundings;
  const trace = new Trace(now);
  const mailbox = createMailbox({ clock });
  const watched = trace.wrapFetch(surroundings.fetch, config.amazon.baseUrl);
  // Mails need no port to be handed over, as the mailbox is in this process.
  const fetch: typeof globalThis.fetch = (input, init) =>
    String(input).startsWith(`${DEV_MAIL_URL}/`)
      ? mailbox.fetch(new Request(input, init))
      : watched(input, init);
  const services = createServices({ ...surroundings, kv: trace.wrapKv(kv), fetch });
  const service = createApp(services);
  const pages = createConsole({ services, kv, trace, mailbox, service: service.fetch });
  return {
    services,
    mailbox,
    fetch(request, info) {
      const { pathname } = new URL(request.url);
      if (/^\/dev\/mail(?:\/|$)/.test(pathname)) return mailbox.fetch(request);
      if (/^\/dev(?:\/|$)/.test(pathname)) return pages.fetch(request);
      const visit = request.headers.get(VISIT);
      const answer = (request: Request) => service.fetch(request, info);
      return visit === null ? answer(request) : trace.answer(visit, request, answer);
    },
  };
}
