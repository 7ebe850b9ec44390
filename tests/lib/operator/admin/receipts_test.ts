import { assert, assertEquals } from "@std/assert";
import { reseal } from "../../../../lib/operator/resealing/reseal.ts";
import { Keyring } from "../../../../lib/kv/keyring.ts";
import { signedUp } from "../../../support/account_requests.ts";
import { notify, RTN_ENV, settle } from "../../../support/notifications.ts";
import { MAY_USE_FILES, OperatedService } from "../../../support/operator.ts";
import {
  entitlementsOf,
  pass,
  purchasesOf,
  runDue,
  statesOf,
  submit,
  USER,
} from "../../../support/purchases.ts";
import { TestService } from "../../../support/test_service.ts";

const ignore = !MAY_USE_FILES;
const ID = "sub.active.1";

Deno.test("admin receipt shows a receipt, and moves it to another account", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { service } = operated;
  const one = await service.signedIn("mork.1", { purchases: purchasesOf([ID]) });
  const other = await signedUp(service);
  assertEquals((await operated.admin(`find ${ID}`)).account.id, one.account.id);
  const { receipt } = await operated.admin(`receipt ${ID}`);
  assertEquals([receipt.receipt_id, receipt.account_id, receipt.parked], [ID, one.account.id, false]);
  assertEquals(receipt.entitlement, (await entitlementsOf(service, one.session_token))[0]);
  assertEquals((await operated.admin(`show ${one.account.id}`)).entitlements, [receipt.entitlement]);
  assertEquals((await operated.admin("stats")).entitlements_active, 1);

  for (let twice = 0; twice < 2; twice++) {
    const moved = await operated.admin(`receipt ${ID} --move ${other.account.id}`);
    assertEquals(moved.receipt, { ...receipt, account_id: other.account.id });
  }
  assertEquals(await entitlementsOf(service, one.session_token), []);
  assertEquals(statesOf(await entitlementsOf(service, other.session_token)), { [ID]: "active" });
  const states = async (id: string) =>
    (await operated.admin(`show ${id}`)).events
      .filter(({ type }: { type: string }) => type === "entitlement.changed")
      .map(({ data }: { data: { state: string } }) => data.state);
  assertEquals(await states(one.account.id), ["elsewhere", "active"]);
  assertEquals(await states(other.account.id), ["active"]);
  // The first account does not get it back by bringing it again, and RVS is asked for the new one from now on.
  assertEquals(statesOf(await submit(service, one.session_token, [ID])), { [ID]: "elsewhere" });
  await pass(service, 3 * 86_400_000);
  const { receipt: later } = await operated.admin(`receipt ${ID}`);
  assert(later.entitlement.verified_at > receipt.entitlement.verified_at);
  assertEquals((await operated.admin("stats")).entitlements_active, 1);

  for (
    const args of ["receipt none", `receipt ${ID} --move acc_none`, "receipt none --move " + one.account.id]
  ) {
    assertEquals((await operated.admin(args, { code: 1 })).error.code, "not_found");
  }
  assertEquals((await operated.admin(`receipt ${ID} --move`, { code: 2 })).error.code, "usage");
});

Deno.test(
  "admin receipt takes the place of an unverified claim of the account it moves to",
  { ignore },
  async () => {
    let down = false;
    await using operated = await OperatedService.open({
      wrapFetch: (fetch) => (input, init) =>
        down && String(input).includes("verifyReceiptId")
          ? Promise.resolve(new Response(null, { status: 503 }))
          : fetch(input, init),
    });
    const { service } = operated;
    await service.signedIn("mork.1", { purchases: purchasesOf([ID]) });
    const other = await signedUp(service);
    down = true;
    await submit(service, other.session_token, [ID, "sub.active.2"]);
    down = false;
    await operated.admin(`receipt ${ID} --move ${other.account.id}`);
    const entitlements = await entitlementsOf(service, other.session_token);
    assertEquals(entitlements.filter(({ receipt_id }) => receipt_id === ID).map(({ state }) => state), [
      "active",
    ]);
  },
);

Deno.test("admin receipt binds a receipt that no account has yet", { ignore }, async () => {
  await using operated = await OperatedService.open({ env: RTN_ENV });
  const { service } = operated;
  const { receipts, notifications } = service.simulator;
  const receipt = receipts.issue("sub.active", { receiptId: "parked.1", userId: USER });
  await notify(service, notifications.notice(receipt, "buy" as never));
  await settle(service);
  await runDue(service);
  assertEquals((await operated.admin("stats")).parked, 1);
  const known = await operated.admin("receipt parked.1");
  assertEquals([known.receipt.account_id, known.receipt.parked], [null, true]);
  const { account, session_token } = await signedUp(service);
  await operated.admin(`receipt parked.1 --move ${account.id}`);
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { "parked.1": "active" });
  const { parked, entitlements_active } = await operated.admin("stats");
  assertEquals([parked, entitlements_active], [0, 1]);
  await pass(service, 3 * 86_400_000);
  assertEquals(statesOf(await entitlementsOf(service, session_token)), { "parked.1": "active" });
});

Deno.test("receipts with their pointers and checks outlive a rotation, bound, claimed and parked", async () => {
  const [k0, k1] = ["k0", "k1"].map((id) => `${id}:${btoa(id.padEnd(32, "."))}`);
  await using first = await TestService.open({ env: { ...RTN_ENV, DATA_KEYS: k0! } });
  const { kv, simulator, clock } = first;
  const { session_token: token } = await first.signedIn("mork.1", { purchases: purchasesOf([ID]) });
  const receipt = simulator.receipts.issue("sub.active", { receiptId: "parked.1", userId: USER });
  await notify(first, simulator.notifications.notice(receipt, "buy" as never));
  await settle(first);
  await runDue(first);
  const keyring = new Keyring(
    ["k1", "k0"].map((id) => ({ id, secret: new TextEncoder().encode(id.padEnd(32, ".")) })),
  );
  const { needs } = await reseal({ kv, clock, keyring }, {
    perSecond: Infinity,
    pace: clock,
    progress: () => {},
  });
  assertEquals([needs.lasting("k0"), needs.lost], [0, 0]);
  await kv.delete(["data_key", "k0"]);
  const stored = await first.stored();
  assertEquals([stored.receipt, stored.entitlement, stored.parked_receipt, stored.receipt_check], [
    1,
    1,
    1,
    2,
  ]);

  await using after = await TestService.open({ kv, simulator, env: { ...RTN_ENV, DATA_KEYS: k1! } });
  after.clock.jump(clock.now() - after.clock.now());
  const before = (await entitlementsOf(after, token))[0]?.verified_at ?? "";
  assertEquals(statesOf(await submit(after, token, [ID, "parked.1"])), {
    [ID]: "active",
    "parked.1": "active",
  });
  assertEquals((await after.stored()).parked_receipt, undefined, "The parked receipt has found its account");
  await pass(after, 3 * 86_400_000);
  const entitlements = await entitlementsOf(after, token);
  assertEquals(entitlements.length, 2);
  assert(entitlements.every(({ verified_at }) => (verified_at ?? "") > before), "Each is verified again");
  const { entitlement, receipt: pointers } = await after.stored();
  assertEquals([entitlement, pointers], [2, 2]);
});
