/** `GET /healthz` and `GET /readyz`. */
import { assert, assertEquals } from "@std/assert";
import { Keyring } from "../../../lib/kv/keyring.ts";
import { makeOperatorProof, OPERATOR_HEADER } from "../../../lib/kv/operator_proof.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { wrapKv } from "../../support/kv_hooks.ts";

Deno.test("GET /healthz answers ok when the database fails", async () => {
  await using service = await TestService.open({
    wrapKv: (kv) => wrapKv(kv, { read: () => Promise.reject(new Error("Down")) }),
  });
  const response = await service.request("/healthz");
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  assertEquals(await response.json(), { status: "ok" });
});

Deno.test("GET /readyz answers ok when the database answers", async () => {
  await using service = await TestService.open();
  const response = await service.request("/readyz");
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  assertEquals(await response.json(), { status: "ok" });
  assertEquals(service.clock.pending, 0);
});

const FAILURES: [string, () => Promise<never>, string[]][] = [
  [
    "fails",
    () => Promise.reject(new TypeError("database is locked")),
    ["TypeError", "locked", "get"],
  ],
  ["hangs", () => new Promise(() => {}), ["DeadlineError", "timeout", "get"]],
];

for (const [what, failure, cause] of FAILURES) {
  Deno.test(`GET /readyz answers storage_unavailable within a second when the database ${what}`, async () => {
    await using service = await TestService.open({ wrapKv: (kv) => wrapKv(kv, { read: failure }) });
    const { value: response, ms } = await service.clock.advanceUntil(service.request("/readyz"));
    assert(ms <= 1000, `after ${ms} ms`);
    const problem = await assertProblem(response, "storage_unavailable");
    assertEquals([problem.next, response.headers.get("retry-after")], ["retry", "1"]);
    assertEquals(JSON.stringify(problem).includes("locked"), false);
    assertEquals(service.clock.pending, 0);
    const lines = service.log.map(({ level, status, problem, error, error_code, operation }) => [
      [level, status, problem],
      [error, error_code, operation],
    ]);
    assertEquals(lines, [[["ERROR", 503, "storage_unavailable"], cause]]);
  });
}

Deno.test("GET /healthz answers 503 when requests have waited for the database for half a minute", async () => {
  let hangs = true;
  await using service = await TestService.open({
    wrapKv: (kv) => wrapKv(kv, { read: (_, perform) => hangs ? new Promise(() => {}) : perform() }),
  });
  const health = async () => (await service.request("/healthz")).status;
  const ready = service.request("/readyz");
  await service.clock.advance(29_000);
  assertEquals([(await ready).status, await health()], [503, 200]);
  await service.clock.advance(1000);
  await assertProblem(await service.request("/healthz"), "storage_unavailable");
  hangs = false;
  assertEquals((await service.answerOf(service.request("/readyz"))).status, 200);
  assertEquals([await health(), service.clock.pending], [200, 0]);
});

Deno.test("GET /readyz answers 503 from the beginning of a stop on, and GET /healthz does not", async () => {
  await using service = await TestService.open();
  service.services.stopping.begin();
  await assertProblem(await service.request("/readyz"), "overloaded");
  assertEquals((await service.request("/healthz")).status, 200);
  assertEquals((await service.signIn("new.1")).status, 201);
});

Deno.test("GET /healthz tells how it sees the client to those who have DATA_KEYS, and to nobody else", async () => {
  await using service = await TestService.open({ env: { TRUST_PROXY: "2" } });
  const { keyring } = service.services;
  const now = service.clock.now();
  const health = async (proof: string) => {
    const headers = { [OPERATOR_HEADER]: proof, "x-forwarded-for": "198.51.100.7, 203.0.113.9" };
    const response = await service.request("/healthz", { headers });
    return { cache: response.headers.get("cache-control"), body: await response.json() };
  };
  const proof = makeOperatorProof(keyring, now);
  assertEquals(await health(proof), {
    cache: "no-store",
    body: {
      status: "ok",
      client: {
        address: "198.51.100.7",
        connected: "192.0.2.1",
        forwarded_for: ["198.51.100.7", "203.0.113.9"],
        headers: ["x-forwarded-for"],
        can_be_made_up: false,
      },
    },
  });
  const stranger = new Keyring([{ id: keyring.firstId, secret: new Uint8Array(32) }]);
  const unknown = new Keyring([{ id: "unknown", secret: new Uint8Array(32) }]);
  const [id, at, secret] = proof.split(".");
  const others: Record<string, string> = {
    "another key": makeOperatorProof(stranger, now),
    "an unknown key": makeOperatorProof(unknown, now),
    "an old proof": makeOperatorProof(keyring, now - 5 * 60_000 - 1),
    "a proof of the future": makeOperatorProof(keyring, now + 5 * 60_000 + 1),
    "another time": `${id}.${Number(at) + 1}.${secret}`,
    "no secret": `${id}.${at}.`,
    "a short secret": `${id}.${at}.${secret?.slice(1)}`,
    "nothing of the kind": "operator",
    "nothing": "",
  };
  for (const [what, other] of Object.entries(others)) {
    assertEquals((await health(other)).body, { status: "ok" }, what);
  }
});
