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
import { codeOf, scenarioOf } from "../browser/scenarios.ts";
import type { ConsoleState } from "../browser/state.ts";
import { browserModule } from "./modules.ts";
import { ConsolePage } from "./page.tsx";
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
  /** Sends a request to the service. */
  readonly service: (request: Request) => Response | Promise<Response>;
}

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; " +
  `style-src 'sha256-${createHash("sha256").update(CONSOLE_STYLE).digest("base64")}'; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The password of every account that the console creates before a scenario. */
const PASSWORD = "marigold in the evening";
const MAX_MAILS = 4;

const person = z.string().regex(/^[0-9a-z]{1,32}$/);
const playSchema = z.object({
  scenario: z.string().transform(scenarioOf),
  customer: z.string().refine((name) => Object.hasOwn(CUSTOMERS, name)),
  person,
});

/** Creates the console. It serves every path under `/dev` but `/dev/mail`. */
export function createConsole(
  { services, kv, trace, mailbox, service }: ConsoleOptions,
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
    .post("/dev/code", async (c) => {
      const parsed = playSchema.extend({ turn: z.int().min(0).max(1000) }).safeParse(await jsonOf(c));
      return parsed.success
        ? c.json({ code: codeOf(parsed.data) })
        : c.json({ error: "Invalid code request" }, 400);
    })
    .post("/dev/before", async (c) => {
      const parsed = playSchema.safeParse(await jsonOf(c));
      return parsed.success
        ? c.json(await playBefore(parsed.data))
        : c.json({ error: "Invalid scenario, customer or person" }, 400);
    })
    .get("/dev/state", async (c) => {
      const { visit = "", account } = c.req.query();
      const state: ConsoleState = {
        events: trace.eventsOf(visit),
        account: account === undefined ? null : await readStoredAccount({ services, kv }, account),
        mails: mailbox.mails.slice(0, MAX_MAILS).map(({ id, subject, to }) => ({ id, subject, to })),
      };
      return c.json(state);
    });

  /** Plays the customer's actions before the scenario. Returns the credentials of an account made by password. */
  async function playBefore({ scenario, customer, person }: z.output<typeof playSchema>): Promise<unknown> {
    if (scenario.before === "signed_in") {
      const code = codeOf({ scenario, customer, person, turn: -1 });
      await post("/v1/sessions/amazon", { code, device: { name: "Bedroom" } });
    }
    const { email, name } = CUSTOMERS[customer]?.profile(person) ?? {};
    if (scenario.before !== "signed_up" || email === undefined) return {};
    await post("/v1/accounts", { email, password: PASSWORD, name, device: { name: "Phone" } });
    return { email, password: PASSWORD };
  }

  async function post(path: string, body: unknown): Promise<void> {
    const response = await service(
      new Request(services.config.publicUrl + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
    await response.body?.cancel();
  }

  return { fetch: async (request) => await app.fetch(request) };
}

function jsonOf(c: Context): Promise<unknown> {
  return c.req.json().catch(() => null);
}
