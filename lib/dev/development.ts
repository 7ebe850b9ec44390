/**
 * Creates the service with the parts that development adds: the console at `/dev` and the mailbox at `/dev/mail`.
 *
 * @module
 */
import { createApp } from "../../routes/mod.ts";
import { KeyCheck } from "../kv/key_check.ts";
import { Keyring } from "../kv/keyring.ts";
import { createServices, type Services, type Surroundings } from "../services.ts";
import { now, VISIT_HEADER } from "./console/browser/events.ts";
import { createConsole } from "./console/server/console.ts";
import { Trace } from "./console/server/trace.ts";
import { DEV_MAIL_URL } from "./environment.ts";
import { createDevMailbox, type DevMailbox } from "./mailbox/mailbox.ts";

/** The service in development. */
export interface Development {
  /** Responds to every request. */
  readonly fetch: Deno.ServeHandler<Deno.NetAddr>;
  /** The parts of the service. */
  readonly services: Services;
  /** Receives the service's mails. */
  readonly mailbox: DevMailbox;
}

/** Creates the service, the console and the mailbox. */
export function createDevelopment(surroundings: Surroundings): Development {
  const { kv, clock, config } = surroundings;
  const trace = new Trace(now);
  const mailbox = createDevMailbox({ clock });
  const tracedFetch = trace.wrapFetch(surroundings.fetch, config.amazon.baseUrl);
  // Mails go straight to the mailbox, as it runs in this process and needs no port.
  const fetch: typeof globalThis.fetch = (input, init) =>
    String(input).startsWith(`${DEV_MAIL_URL}/`)
      ? mailbox.fetch(new Request(input, init))
      : tracedFetch(input, init);
  // The check of the key ring belongs to no visit, so it is not traced.
  const keyCheck = new KeyCheck({ ...surroundings, keyring: new Keyring(config.dataKeys) });
  const services = createServices({ ...surroundings, kv: trace.wrapKv(kv), fetch, keyCheck });
  const app = createApp(services);
  const console = createConsole({ services, kv, trace, mailbox, service: app.fetch });
  return {
    services,
    mailbox,
    fetch(request, info) {
      const { pathname } = new URL(request.url);
      if (/^\/dev\/mail(?:\/|$)/.test(pathname)) return mailbox.fetch(request);
      if (/^\/dev(?:\/|$)/.test(pathname)) return console.fetch(request);
      const visit = request.headers.get(VISIT_HEADER);
      const respond = (request: Request) => app.fetch(request, info);
      return visit === null ? respond(request) : trace.watch(visit, request, respond);
    },
  };
}
