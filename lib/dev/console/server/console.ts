/**
 * Serves the development console: its page, and the endpoints that the page calls.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Services } from "../../../services.ts";
import type { DevMailbox } from "../../mailbox/mailbox.ts";
import { CUSTOMERS } from "../../simulator/customers.ts";
import { RECEIPT_ACTIONS } from "../../simulator/receipts.ts";
import { scenarioOf } from "../browser/scenarios.ts";
import type { ConsoleState } from "../browser/state.ts";
import { playBefore } from "./before.ts";
import { browserModule } from "./modules.ts";
import { ConsolePage } from "./page.tsx";
import type { Shop } from "./shop.ts";
import { readStoredAccount } from "./stored_account.ts";
import { CONSOLE_STYLE } from "./style.ts";
import type { Trace } from "./trace.ts";

/** The options of {@linkcode createConsole}. */
export interface ConsoleOptions {
  /** The parts of the service. */
  readonly services: Services;
  /** The service's database, not wrapped by the trace. */
  readonly kv: Deno.Kv;
  /** Holds the recorded events of the service. */
  readonly trace: Trace;
  /** Holds the service's mails. */
  readonly mailbox: DevMailbox;
  /** Sells and changes receipts at the simulated Amazon. */
  readonly shop: Shop;
  /** Sends a request to the service. */
  readonly service: (request: Request) => Response | Promise<Response>;
  /** Lets days pass, and does what is due then. */
  readonly later: (days: number) => Promise<void>;
}

const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; " +
  `style-src 'sha256-${createHash("sha256").update(CONSOLE_STYLE).digest("base64")}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MAX_MAILS = 4;

const visit = z.string().max(64);
const beforeSchema = z.object({
  visit,
  scenario: z.string().transform(scenarioOf),
  customer: z.string().refine((name) => Object.hasOwn(CUSTOMERS, name)),
  person: z.string().regex(/^[0-9a-z]{1,32}$/),
  receipt: z.string().max(256),
});
const receiptSchema = z.object({ visit, receipt: z.string(), action: z.enum(RECEIPT_ACTIONS) });
const laterSchema = z.object({ visit, days: z.int().min(1).max(400) });

/** Creates the console. It serves every path under `/dev` but `/dev/mail`. */
export function createConsole(
  { services, kv, trace, mailbox, shop, service, later }: ConsoleOptions,
): { readonly fetch: (request: Request) => Promise<Response> } {
  const app = new Hono()
    .get("/dev", async (c) => {
      const page = await ConsolePage();
      return c.html(`<!DOCTYPE html>${page}`, 200, { "Content-Security-Policy": POLICY });
    })
    .get("/dev/modules/:path{.+}", async (c) => {
      const code = await browserModule(c.req.param("path"));
      return code === null ? c.text("There is no such module", 404) : c.body(code, 200, {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "no-store",
      });
    })
    .post("/dev/before", async (c) => {
      const { data } = beforeSchema.safeParse(await jsonOf(c));
      return data === undefined ? refuse(c) : c.json(await playBefore({ services, shop, service }, data));
    })
    .post("/dev/receipts", async (c) => {
      const { data } = receiptSchema.safeParse(await jsonOf(c));
      if (data === undefined || shop.visitOf(data.receipt) !== data.visit) return refuse(c);
      const { visit, receipt, action } = data;
      // What a device tells the Appstore is shown as its own call.
      if (action === "fulfill") return c.json(await shop.act(receipt, action));
      return c.json(
        await trace.run(visit, { lane: "amazon", title: `the Appstore: ${action}`, request: { receipt } }, {
          work: () => shop.act(receipt, action),
          describe: (response) => ({ status: "done", ok: true, response }),
        }),
      );
    })
    .post("/dev/later", async (c) => {
      const { data } = laterSchema.safeParse(await jsonOf(c));
      if (data === undefined) return refuse(c);
      const { visit, days } = data;
      const title = days === 1 ? "a day later: what is due" : `${days} days later: what is due`;
      await trace.run(visit, { lane: "service", title, request: null }, {
        work: () => later(days),
        describe: () => ({ status: "done", ok: true, response: null }),
      });
      return c.json({ now: services.clock.now() });
    })
    .get("/dev/state", async (c) => {
      const { visit = "", account } = c.req.query();
      const state: ConsoleState = {
        events: trace.eventsOf(visit),
        account: account === undefined ? null : await readStoredAccount({ services, kv }, account),
        mails: mailbox.mails.slice(0, MAX_MAILS).map(({ id, subject, to }) => ({ id, subject, to })),
        receipts: await shop.receiptsOf(visit),
        now: services.clock.now(),
      };
      return c.json(state);
    });

  return { fetch: async (request) => await app.fetch(request) };
}

function jsonOf(c: Context): Promise<unknown> {
  return c.req.json().catch(() => null);
}

function refuse(c: Context): Response {
  return c.json({ error: "The request is not one of the console" }, 400);
}
