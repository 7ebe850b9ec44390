/** Amazon's verification of receipts: requests, outcomes, and what the log is told. */
import { assert, assertEquals } from "@std/assert";
import { type ClientWithSecret, Rvs } from "../../../lib/amazon/rvs.ts";
import { createLog } from "../../../lib/base/log.ts";
import { SHARED_SECRET } from "../../../lib/dev/simulator/receipts.ts";
import { createSimulator } from "../../../lib/dev/simulator/simulator.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { findSecrets } from "../../support/secret_scan.ts";
import { UPSTREAM_ANSWERS } from "../../support/upstream_responses.ts";

const CLIENT: ClientWithSecret = {
  app: "tv",
  clientId: "foodev",
  clientSecret: "foosecret",
  sharedSecret: SHARED_SECRET,
};
const USER = "canary-user";

/** The faults of a receipt id, each with the outcome that it comes to. */
const FAULTS = {
  "": "confirmed",
  "~delay-50": "confirmed",
  "~duplicate": "confirmed",
  "~extra": "confirmed",
  "~bom": "confirmed",
  "~400": "invalid",
  "~497": "invalid",
  "~html-400": "invalid",
  "~410": "gone",
  "~html-410": "gone",
  "~496": "secret_rejected",
  "~429": "unavailable",
  "~429-2": "unavailable",
  "~500": "unavailable",
  "~503": "unavailable",
  "~401": "unavailable",
  "~404": "unavailable",
  "~204": "unavailable",
  "~html": "unavailable",
  "~html-502": "unavailable",
  "~empty": "unavailable",
  "~truncated": "unavailable",
  "~null": "unavailable",
  "~array": "unavailable",
  "~latin1": "unavailable",
  "~wrong_types": "unavailable",
  "~oversize": "unavailable",
  "~endless": "unavailable",
  "~redirect-307": "unavailable",
  "~hang": "unavailable",
  "~stall": "unavailable",
  "~drip": "unavailable",
  "~drop": "unavailable",
  "~cut": "unavailable",
} as const;

for (const [fault, outcome] of Object.entries(FAULTS)) {
  Deno.test(`Rvs.verify() comes to ${outcome} with ${fault || "no fault"}, by one request without a trace of its URL`, async () => {
    const { rvs, clock, simulator, log } = open();
    const receiptId = `sub.active${fault}.canary/a=:3:11`;
    const { value } = await clock.advanceUntil(rvs.verify({ userId: USER, receiptId }, CLIENT));
    assertEquals(value.outcome, outcome);
    assertEquals(simulator.requests.length, 1);
    assertEquals(clock.pending, 0);
    assertNoSecret([log, value]);
    const lines = log.map(({ message }) => message);
    assertEquals(lines, outcome === "secret_rejected" ? ["upstream", "rvs_secret_rejected"] : ["upstream"]);
  });
}

for (const [name, intercept] of Object.entries(UPSTREAM_ANSWERS).slice(0, 4)) {
  Deno.test(`Rvs.verify() comes to unavailable with ${name}`, async () => {
    const { rvs, log } = open({ fetch: (url) => intercept(String(url), () => Promise.reject(new Error())) });
    assertEquals(await rvs.verify({ userId: USER, receiptId: "canary" }, CLIENT), { outcome: "unavailable" });
    assertNoSecret([log]);
  });
}

Deno.test("Rvs.verify() encodes each part of the path, and asks the sandbox when it is told to", async () => {
  for (const [sandbox, start] of [[false, "/version"], [true, "/sandbox/version"]] as const) {
    const { rvs, simulator } = open({ sandbox });
    const client = { ...CLIENT, sharedSecret: "2:s/h?#%" };
    await rvs.verify({ userId: "l3/ü=%", receiptId: "q1==/é:3:11" }, client);
    assertEquals(
      simulator.requests[0]?.url,
      `https://amazon.test${start}/1.0/verifyReceiptId/developer/2%3As%2Fh%3F%23%25/user/l3%2F%C3%BC%3D%25/receiptId/q1%3D%3D%2F%C3%A9%3A3%3A11`,
    );
  }
});

Deno.test("Rvs.verify() stops when nobody waits any more", async () => {
  const { rvs, clock, log } = open();
  const gone = new AbortController();
  const verdict = rvs.verify({ userId: USER, receiptId: "sub.active~hang.1" }, CLIENT, {
    signal: gone.signal,
  });
  await clock.advance(5);
  gone.abort();
  assertEquals((await verdict).outcome, "unavailable");
  assertEquals(clock.pending, 0);
  assertEquals(log.at(-1)?.outcome, "not_waited_for");
});

Deno.test("Rvs.acknowledge() tells the Appstore that a purchase was honoured, and never rejects", async () => {
  const { rvs, simulator, clock, log } = open();
  const receipt = { userId: USER, receiptId: "sub.active.canary/a=" };
  await rvs.verify(receipt, CLIENT);
  await rvs.acknowledge(receipt, CLIENT);
  const { method, url, status } = simulator.requests.at(-1)!;
  assertEquals([method, status], ["PUT", 200]);
  assert(url.endsWith(
    `/version/1.0/acknowledgeReceipt?developer=${SHARED_SECRET}&user=${USER}&receiptId=sub.active.canary%2Fa%3D&fulfillmentResult=FULFILLED`,
  ));
  const verdict = await rvs.verify(receipt, CLIENT);
  assertEquals(verdict.outcome === "confirmed" && verdict.purchase.fulfilled, true);
  assertNoSecret([log]);
  const offline = open({ fetch: () => Promise.reject(new TypeError("canary")) });
  await clock.advanceUntil(offline.rvs.acknowledge(receipt, CLIENT));
});

function open(
  { fetch, sandbox = false }: { fetch?: (url: RequestInfo | URL) => Promise<Response>; sandbox?: boolean } =
    {},
) {
  const clock = new FakeClock();
  const log: Record<string, unknown>[] = [];
  const simulator = createSimulator({ clock });
  const rvs = new Rvs({
    config: { baseUrl: "https://amazon.test", sandbox, timeoutMs: 100 },
    clock,
    log: createLog({ level: "debug", clock, write: (line) => log.push(JSON.parse(line)) }),
    fetch: fetch ?? simulator.fetch,
  });
  return { rvs, clock, simulator, log };
}

function assertNoSecret(told: unknown): void {
  const secrets = [{ name: "secret", text: SHARED_SECRET }, { name: "user or receipt", text: "canary" }];
  assertEquals(findSecrets(JSON.stringify(told), secrets), []);
}
