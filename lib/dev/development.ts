/**
 * The service with what development adds: the console at `/dev`, and the mailbox at `/dev/mail`.
 *
 * @module
 */
import { createApp } from "../../routes/mod.ts";
import { createServices, type Surroundings } from "../services.ts";
import { createConsole } from "./console.tsx";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import type { Simulator } from "./simulator.ts";
import { Trace } from "./trace.ts";

/** What development is made of. */
export interface DevelopmentOptions extends Surroundings {
  /** The Amazon that `fetch` reaches. */
  readonly simulator: Pick<Simulator, "issueCode">;
  /** Milliseconds since the epoch, with their fractions: times the console's timeline. */
  readonly now: () => number;
}

/** The service in development. */
export interface Development {
  /** Answers every request. */
  readonly fetch: Deno.ServeHandler<Deno.NetAddr>;
  /** Where its mails go. */
  readonly mailbox: Mailbox;
}

/** The name under which the console sends its requests, so that they are watched. */
const VISIT = "x-console-visit";

/** Puts it together. */
export function createDevelopment({ simulator, now, ...surroundings }: DevelopmentOptions): Development {
  const { kv, clock, fetch } = surroundings;
  const trace = new Trace(now);
  const mailbox = createMailbox({ clock });
  const services = createServices({ ...surroundings, kv: trace.wrapKv(kv), fetch: trace.wrapFetch(fetch) });
  const service = createApp(services);
  const pages = createConsole({ services, kv, trace, mailbox, simulator, service: service.fetch });
  return {
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
