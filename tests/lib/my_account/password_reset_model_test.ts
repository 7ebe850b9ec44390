/** Resets agree with a simple model, in any order of a customer's actions. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { accountOf, MORK, recordOf, signInByPassword, ticketOf } from "../../support/account_requests.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";
import { resetLink } from "../../support/mailed_links.ts";
import { numRuns } from "../../support/num_runs.ts";
import { submitPassword } from "../../support/reset_requests.ts";

const HOUR_MS = 3_600_000;

/** The actions of a customer in the property below. */
const STEPS = [
  "one click",
  "sign in",
  "link Amazon",
  "request a link",
  "reset",
  "reset and unlink",
  "use an older link",
  "wait",
] as const;
type Step = typeof STEPS[number];

/** The expected state of the account. */
class Model {
  password: string | null = null;
  linked = true;
  verified = false;
  epoch = 0;
  /** Tokens of sessions, and whether they are alive. */
  readonly sessions = new Map<string, boolean>();
  link: { readonly path: string; readonly expiresAt: number; used: boolean } | null = null;
  readonly older: string[] = [];
  count = 0;

  signedIn({ session_token: token }: SignedInBody): void {
    this.sessions.set(token, true);
  }

  statusOfLink(now: number): number {
    if (this.link === null || this.link.expiresAt <= now) return 404;
    return this.link.used ? 410 : 200;
  }

  reset(password: string, unlink: boolean): void {
    const stay = this.password === null && this.verified && !unlink;
    this.password = password;
    this.verified = true;
    if (unlink) this.linked = false;
    if (!stay) {
      this.epoch++;
      for (const token of this.sessions.keys()) this.sessions.set(token, false);
    }
    if (this.link !== null) this.link.used = true;
  }
}

async function take(service: TestService, model: Model, step: Step): Promise<void> {
  const code = `mork.${++model.count}`;
  const password = model.password ?? "whatever they try";
  switch (step) {
    case "one click": {
      const response = await service.signIn(code);
      const body = await response.json();
      assertEquals(response.status, model.linked ? 200 : 409);
      if (response.ok) model.signedIn(body);
      return;
    }
    case "sign in":
    case "link Amazon": {
      const ticket = step === "link Amazon" && !model.linked &&
        { link_ticket: await ticketOf(service, code) };
      const response = await signInByPassword(service, { email: MORK, password, ...ticket });
      const body = await response.json();
      assertEquals(response.status, model.password === null ? 401 : 200);
      if (!response.ok) return;
      model.signedIn(body);
      if (ticket) model.linked = true;
      return;
    }
    case "request a link": {
      // The wait keeps the requests below every limit.
      await service.services.background.idle();
      service.clock.jump(5 * HOUR_MS);
      if (model.link !== null) model.older.push(model.link.path);
      const path = await resetLink(service, MORK);
      model.link = { path, expiresAt: service.clock.now() + HOUR_MS, used: false };
      return;
    }
    case "reset":
    case "reset and unlink": {
      const unlink = step === "reset and unlink";
      const next = `${model.count} quiet herons`;
      const path = model.link?.path ?? `/reset/${"A".repeat(64)}`;
      const expected = model.statusOfLink(service.clock.now());
      const page = await submitPassword(service, path, next, unlink ? { unlink: "on" } : {});
      assertEquals(page.status, expected);
      if (expected === 200) model.reset(next, unlink);
      return;
    }
    case "use an older link": {
      const path = model.older.at(-1);
      if (path !== undefined) assertEquals((await submitPassword(service, path)).status, 404);
      return;
    }
    case "wait":
      await service.services.background.idle();
      service.clock.jump(0.6 * HOUR_MS);
  }
}

Deno.test("resets agree with a simple model, in any order of a customer's actions", async () => {
  const plan = fc.array(fc.constantFrom(...STEPS), { minLength: 4, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(plan, async (steps) => {
      const env = { PASSWORD_TRIES_PER_15_MINUTES: "0", AMAZON_SIGN_INS_PER_MINUTE: "0" };
      await using service = await TestService.open({ env });
      const model = new Model();
      const { account } = await service.signedIn("mork.0");
      for (const step of steps) {
        await take(service, model, step);
        const record = await recordOf(service, account.id);
        assertEquals(
          [record.password.kind, record.amazon_user_id !== null, record.email_verified, record.session_epoch],
          [model.password === null ? "temporary" : "set", model.linked, model.verified, model.epoch],
          step,
        );
        for (const [token, alive] of model.sessions) {
          assertEquals(typeof await accountOf(service, token), alive ? "object" : "number", step);
        }
      }
    }),
    { numRuns: numRuns({ quick: 20, full: 60 }) },
  );
});
