/** The simulated receipts: scenarios, users, what happens to them, and the control paths. */
import { assertEquals, assertThrows } from "@std/assert";
import { type ReceiptAction, SHARED_SECRET } from "../../../../lib/dev/simulator/receipts.ts";
import { RECEIPTS } from "../../../../lib/dev/simulator/receipt_scenarios.ts";
import { createSimulator } from "../../../../lib/dev/simulator/simulator.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const DAY_MS = 86_400_000;

Deno.test("each scenario answers as RVS does", async () => {
  const { ask } = open();
  for (const scenario of Object.keys(RECEIPTS)) {
    const { status, json } = await ask(`${scenario}.1`);
    assertEquals(status, scenario === "sub.gone" ? 410 : 200, scenario);
    if (status === 200) assertEquals([json.receiptId, typeof json.purchaseDate], [`${scenario}.1`, "number"]);
  }
});

Deno.test("RVS refuses a wrong secret, an unknown receipt and another user", async () => {
  const { ask } = open();
  assertEquals((await ask("sub.active.1", { secret: "wrong" })).status, 496);
  assertEquals((await ask("sub.active.1", { secret: "any", sandbox: true })).status, 200);
  assertEquals((await ask("q1YqVbJSyjH28DGP:3:11")).status, 400);
  assertEquals((await ask("sub.active.1", { user: "other" })).status, 497);
});

Deno.test("a purchase by Quick Subscribe that nobody fulfils ends after 14 days, and others go on", async () => {
  const { ask, clock, simulator } = open();
  const start = clock.now();
  for (const id of ["sub.active.1", "sub.active.2", "sub.iap.1"]) await ask(id);
  simulator.receipts.act(simulator.receipts.find("sub.active.2")!, "fulfill");
  clock.jump(14 * DAY_MS);
  assertEquals((await ask("sub.active.1")).json.cancelDate, start + 14 * DAY_MS);
  assertEquals((await ask("sub.active.2")).json.cancelDate, null);
  clock.jump(30 * DAY_MS);
  assertEquals((await ask("sub.iap.1")).json.renewalDate, start + 60 * DAY_MS);
});

Deno.test("customers and payments change a receipt, by the control paths", async () => {
  const { ask, clock, simulator } = open();
  const post = (path: string, body?: unknown) =>
    simulator.fetch(`https://amazon.test${path}`, { method: "POST", body: JSON.stringify(body) });
  const sold = await (await post("/receipts", { scenario: "sub.active", user_id: "user" })).json();
  const id: string = sold.receipt_id;
  const act = async (action: ReceiptAction) => {
    assertEquals((await post(`/receipts/${encodeURIComponent(id)}/${action}`)).status, 200);
    return await ask(id);
  };
  const now = clock.now();
  assertEquals((await ask(id)).json.fulfillmentResult, null);
  assertEquals((await act("fulfill")).json.fulfillmentResult, "FULFILLED");
  assertEquals((await act("renew")).json.renewalDate, now + 60 * DAY_MS);
  assertEquals((await act("fail")).json.gracePeriodEndDate, now + 5 * DAY_MS);
  assertEquals((await act("recover")).json.gracePeriodEndDate, null);
  assertEquals((await act("cancel")).json.cancelDate, now + 30 * DAY_MS);
  assertEquals((await act("refund")).json.cancelDate, now);
  assertEquals((await act("revoke")).status, 410);
  assertEquals((await post("/receipts/none/renew")).status, 404);
  assertEquals((await post(`/receipts/${encodeURIComponent(id)}/explode`)).status, 404);
  for (const body of [undefined, {}, { scenario: "sub.unknown" }, { scenario: "sub.active~explode" }]) {
    assertEquals((await post("/receipts", body)).status, 400);
  }
});

Deno.test("a receipt id names the faults that happen to it", async () => {
  const { ask, simulator } = open();
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await ask("sub.active~429-2*2~500*1.1")).status);
  assertEquals(statuses, [429, 429, 500, 200]);
  for (const fault of ["token", "invalid_grant", "ServerError", "no_token", "429*0", "hang-5"]) {
    assertThrows(() => simulator.receipts.issue(`sub.active~${fault}`), RangeError);
  }
});

function open() {
  const clock = new FakeClock();
  const simulator = createSimulator({ clock });
  const ask = async (
    receipt: string,
    { secret = SHARED_SECRET, user = "user", sandbox = false } = {},
  ): Promise<{ status: number; json: Record<string, unknown> }> => {
    const [developer, userId, receiptId] = [secret, user, receipt].map(encodeURIComponent);
    const url =
      `https://amazon.test${sandbox ? "/sandbox" : ""}/version/1.0/verifyReceiptId/developer/${developer}` +
      `/user/${userId}/receiptId/${receiptId}`;
    const response = await simulator.fetch(url);
    const text = await response.text();
    return { status: response.status, json: text === "" ? {} : JSON.parse(text) };
  };
  return { clock, simulator, ask };
}
