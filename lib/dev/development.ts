/**
 * Creates the service with the parts that development adds: the console at `/dev` and the mailbox at `/dev/mail`.
 *
 * @module
 */
import { startDueTasks } from "../due_tasks.ts";
import { createApp } from "../../routes/mod.ts";
import { KeyCheck } from "../kv/key_check.ts";
import { Keyring } from "../kv/keyring.ts";
import { createServices, type Services, type Surroundings } from "../services.ts";
import { now, VISIT_HEADER } from "./console/browser/events.ts";
import { createConsole } from "./console/server/console.ts";
import { Shop } from "./console/server/shop.ts";
import { Trace } from "./console/server/trace.ts";
import { DEV_MAIL_URL } from "./environment.ts";
import { createDevMailbox, type DevMailbox } from "./mailbox/mailbox.ts";
import { ShownCodes } from "./shown_codes.ts";
import type { TravellingClock } from "./travelling_clock.ts";

/** What development is made of. */
export interface DevelopmentSurroundings extends Surroundings {
  /** The clock of the service and of the simulated Amazon. */
  readonly clock: TravellingClock;
  /** Makes a code of the simulated Amazon. */
  readonly issueCode: (scenario: string) => string;
}

/** The service in development. */
export interface Development {
  /** Responds to every request. */
  readonly fetch: Deno.ServeHandler<Deno.NetAddr>;
  /** The parts of the service. */
  readonly services: Services;
  /** Receives the service's mails. */
  readonly mailbox: DevMailbox;
  /** Gives the service a notification of the simulated Amazon. */
  readonly notify: (envelope: string) => Promise<void>;
  /** Lets days pass, and does what is due then. */
  readonly later: (days: number) => Promise<void>;
}

const NOTIFICATIONS = "/v1/appstore/notifications";
const DAY_MS = 86_400_000;

/** Creates the service, the console and the mailbox. */
export function createDevelopment(surroundings: DevelopmentSurroundings): Development {
  const { kv, clock, config } = surroundings;
  const trace = new Trace(now);
  const mailbox = createDevMailbox({ clock });
  const shop = new Shop({ fetch: surroundings.fetch, amazon: config.amazon.baseUrl });
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
  const console = createConsole({ services, kv, trace, mailbox, shop, service: app.fetch, later });

  const shownCodes = new ShownCodes(surroundings);

  /** The visit of the TV that was the last to show a code. A page in a frame belongs to the phone beside that TV. */
  let phone: string | null = null;

  async function later(days: number): Promise<void> {
    clock.travel(days * DAY_MS);
    startDueTasks(services);
    await services.background.idle();
  }

  return {
    services,
    mailbox,
    later,
    async notify(envelope) {
      const request = new Request(config.publicUrl + NOTIFICATIONS, { method: "POST", body: envelope });
      const visit = shop.visitOfNotification(envelope);
      const respond = (request: Request) => app.fetch(request);
      const response = await (visit === null ? respond(request) : trace.watch(visit, request, respond));
      await response.body?.cancel();
    },
    async fetch(received, info) {
      const request = await shownCodes.replace(received);
      const { pathname } = new URL(request.url);
      if (/^\/dev\/mail(?:\/|$)/.test(pathname)) return await mailbox.fetch(request);
      if (/^\/dev(?:\/|$)/.test(pathname)) return await console.fetch(request);
      const inFrame = request.headers.get("sec-fetch-dest") === "iframe";
      const ofDevice = request.headers.get(VISIT_HEADER);
      if (pathname === "/v1/activations") phone = ofDevice;
      const visit = inFrame ? phone : ofDevice;
      const respond = (request: Request) => app.fetch(request, info);
      const response = await (visit === null ? respond(request) : trace.watch(visit, request, respond));
      return inFrame ? framed(response) : response;
    },
  };
}

/** Lets the console show a page in its phone. In production no site may embed a page, and here only this one may. */
function framed(response: Response): Response {
  const headers = new Headers(response.headers);
  const policy = headers.get("content-security-policy");
  if (policy !== null) {
    headers.set(
      "content-security-policy",
      policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
    );
  }
  headers.delete("x-frame-options");
  return new Response(response.body, { status: response.status, headers });
}
