/** `DELETE /v1/account` leaves nothing of a purchase. */
import { assert, assertEquals } from "@std/assert";
import { Keyring } from "../../../lib/kv/keyring.ts";
import { findCustomerRecords } from "../../support/customer_records.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { notify, RTN_ENV, settle } from "../../support/notifications.ts";
import { pass, purchasesOf, statesOf, submit, USER } from "../../support/purchases.ts";
import { TestService } from "../../support/test_service.ts";

const DAY_MS = 86_400_000;
const CODE = { code: "mork.1", key: "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11" };
/** Two keys: receipts are bound under the old one, and found under both. */
const [OLD, NEW] = ["old", "new"].map((id) => `${id}:${btoa(id.padEnd(32, id))}`);

for (const keys of [OLD!, `${OLD},${NEW}`, `${NEW},${OLD}`]) {
  Deno.test(`nothing of a purchase is left, with the keys ${keys.replaceAll(/:[^,]*/g, "")}`, async () => {
    await using first = await TestService.open({ env: { ...RTN_ENV, DATA_KEYS: OLD! } });
    const receipts = [
      ...["sub.active", "sub.grace", "sub.ended", "sub.gone", "sub.active~500"].map((id) => `${id}.R`),
      // More than one commit removes.
      ...Array.from({ length: 45 }, (_, i) => `sub.fulfilled.R${i}`),
    ];
    const bound = await first.signedIn(CODE.code, {
      key: CODE.key,
      purchases: purchasesOf(receipts.slice(0, 5)),
    });
    await first.answerOf(first.services.background.idle());
    for (let i = 5; i < receipts.length; i += 10) {
      await submit(first, bound.session_token, receipts.slice(i, i + 10));
    }

    await using service = await TestService.open({
      env: { ...RTN_ENV, DATA_KEYS: keys },
      kv: first.kv,
      simulator: first.simulator,
      clock: first.clock,
    });
    const more = receipts.map((id) => id.replace("R", "S")).slice(0, 5);
    await submit(service, bound.session_token, more);
    await settle(service);
    const message = service.simulator.notifications.notice({ id: receipts[0]!, userId: USER }, "renew", {
      timestamp: service.clock.now() + 1,
    });
    assertEquals((await notify(service, message)).status, 200);
    await settle(service);
    // The ended ones have expired, and the database has not removed them.
    service.clock.jump(91 * DAY_MS);

    const search = () => {
      const texts = Object.fromEntries([USER, ...receipts, ...more].map((text) => [text, text]));
      const customer = {
        accountId: bound.account.id,
        sessionIds: [bound.session.id],
        email: bound.account.email,
        texts,
        codes: [CODE],
      };
      return findCustomerRecords(service.kv, new Keyring(service.services.config.dataKeys), customer);
    };
    assert((await search()).length > 50);
    assertEquals((await deleteAccount(service, bound.session_token)).status, 204);
    await pass(service, 60_000);
    assertEquals(await search(), []);
    const { entitlement, receipt, receipt_check, parked_receipt } = await service.stored();
    assertEquals([entitlement, receipt, receipt_check, parked_receipt], [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
}

Deno.test("after a deletion another account can bring the receipt", async () => {
  await using service = await TestService.open();
  const first = await service.signedIn("mork.1", { purchases: purchasesOf(["sub.active.1"]) });
  const { session_token: second } = await service.signedIn("returning.1");
  assertEquals(statesOf(await submit(service, second, ["sub.active.1"])), { "sub.active.1": "elsewhere" });
  assertEquals((await deleteAccount(service, first.session_token)).status, 204);
  assertEquals(statesOf(await submit(service, second, ["sub.active.1"])), { "sub.active.1": "active" });
});

Deno.test("entitlements that no key opens are no obstacle, and go with their pointers", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1", {
    purchases: purchasesOf(["sub.active.1"]),
  });
  for await (const { key, value } of service.kv.list<Uint8Array>({ prefix: ["entitlement"] })) {
    await service.kv.set(key, value.toReversed());
  }
  assertEquals((await service.request("/v1/entitlements", { token })).status, 503);
  assertEquals((await deleteAccount(service, token)).status, 204);
  await pass(service, 60 * 60_000 * 49);
  const { entitlement, receipt, receipt_check } = await service.stored();
  assertEquals([entitlement, receipt, receipt_check], [undefined, undefined, undefined]);
});

Deno.test("a deletion while RVS is asked brings nothing back", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1", {
    purchases: purchasesOf(["sub.fulfilled.1"]),
  });
  const pending = service.send("POST", "/v1/purchases", purchasesOf(["sub.active~delay-50.1"]), { token });
  await service.clock.advance(10);
  assertEquals((await deleteAccount(service, token)).status, 204);
  assertEquals((await service.answerOf(pending)).status, 401);
  await pass(service, 60_000);
  assertEquals((await service.stored()).entitlement, undefined);
});
