/** A reset with a database that fails at each of its operations (issue 5). */
import { assert, assertEquals } from "@std/assert";
import {
  accountOf,
  answered,
  EMAIL,
  recordOf,
  signedUp,
  signInByPassword,
} from "../../support/account_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { resetLink } from "../../support/mailed_links.ts";
import { choose, NEW, statusOf } from "../../support/reset_requests.ts";
import { aroundKv, type KvCall } from "../../support/kv_hooks.ts";

type Fault = "fails once" | "fails" | "takes effect once and fails" | "takes effect once and conflicts";

const FAULTS: readonly Fault[] = [
  "fails once",
  "fails",
  "takes effect once and fails",
  "takes effect once and conflicts",
];

/** Breaks the operations of a kind, from the how-manieth since it was armed. */
class Breaker {
  seen = 0;
  #kind: KvCall | null = null;
  #at = 0;
  #fault: Fault = "fails";

  arm(kind: KvCall, at: number, fault: Fault): void {
    [this.#kind, this.#at, this.#fault, this.seen] = [kind, at, fault, 0];
  }

  mend(): void {
    this.#kind = null;
  }

  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    aroundKv(kv, async (name, call) => {
      if (name !== this.#kind) return await call();
      const count = this.seen++;
      const once = this.#fault !== "fails";
      if (once ? count !== this.#at : count < this.#at) return await call();
      if (this.#fault.startsWith("takes effect")) await call();
      // What a commit resolves with when a check failed; nothing else conflicts.
      if (this.#fault.endsWith("conflicts")) return { ok: false } as Awaited<ReturnType<typeof call>>;
      throw new TypeError("connection reset");
    });
}

for (const [kind, count] of [["get", 1], ["getMany", 2], ["commit", 2]] as const) {
  for (const fault of kind === "commit" ? FAULTS : FAULTS.slice(0, 2)) {
    for (let at = 0; at < count; at++) {
      Deno.test(`a reset whose ${kind} ${at + 1} of ${count} ${fault} is done whole or not at all, and says which`, async () => {
        const breaker = new Breaker();
        await using service = await TestService.open({ wrapKv: breaker.wrap });
        const { session_token: token, account } = await signedUp(service);
        const link = await resetLink(service, EMAIL);
        await service.services.background.idle();
        const before = await recordOf(service, account.id);
        breaker.arm(kind, at, fault);
        const page = await service.answerOf(choose(service, link));
        assert(breaker.seen > at, "The operation was never made");
        breaker.mend();
        // The last commit only tidies up what is worth nothing any more.
        const fails = fault === "fails" && !(kind === "commit" && at === 1);
        assertEquals(page.status, fails ? 503 : 200);
        if (fails) {
          assertEquals(page.headers.get("retry-after"), "1");
          assertEquals(await recordOf(service, account.id), before);
          assertEquals((await choose(service, link)).status, 200);
        }
        assertEquals((await choose(service, link)).status, 410);
        assertEquals(await accountOf(service, token), 401);
        assertEquals(await statusOf(signInByPassword(service)), 401);
        assertEquals(await statusOf(signInByPassword(service, { password: NEW })), 200);
        assertEquals((await recordOf(service, account.id)).session_epoch, 1);
      });
    }
  }
}

Deno.test("a reset that takes effect while its answer hangs is found to be done by the next try", async () => {
  let hanging = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  await using service = await TestService.open({
    wrapKv: (kv) =>
      aroundKv(kv, async (name, call) => {
        const result = await call();
        if (hanging && name === "commit") await promise;
        return result;
      }),
  });
  await signedUp(service);
  const link = await resetLink(service, EMAIL);
  await service.services.background.idle();
  hanging = true;
  const page = await answered(service, choose(service, link));
  assertEquals([page.status, page.headers.get("retry-after")], [503, "1"]);
  hanging = false;
  resolve();
  const again = await choose(service, link);
  assertEquals([again.status, again.heading], [410, "This link was used"]);
  assertEquals(await statusOf(signInByPassword(service, { password: NEW })), 200);
});
