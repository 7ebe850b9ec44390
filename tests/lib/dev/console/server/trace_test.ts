/** The trace sees what a request of the console causes, and changes nothing of it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { codeOf, SCENARIOS } from "../../../../../lib/dev/console/browser/scenarios.ts";
import { createSimulator } from "../../../../../lib/dev/simulator/simulator.ts";
import { parseCode } from "../../../../../lib/dev/simulator/codes.ts";
import { show, Trace } from "../../../../../lib/dev/console/server/trace.ts";
import { FakeClock } from "../../../../support/fake_clock.ts";
import { TestService } from "../../../../support/test_service.ts";

const AMAZON = "https://appstore-sdk.amazon.com";

Deno.test("Trace sees a sign-in's request, calls and operations in order, with what was asked and answered", async () => {
  const { trace, service, ask } = await openTraced();
  await using _ = service;
  const response = await ask("visit", "mork.1");
  assertEquals([response.status, (await response.json()).account.name], [201, "Mork Hashimoto"]);
  const events = trace.eventsOf("visit");
  assertEquals(events.map(({ lane }) => lane).toSorted(), [
    "amazon",
    "amazon",
    "kv",
    "kv",
    "kv",
    "kv",
    "service",
  ]);
  assert(events.every(({ start, end, ok }) => ok && end !== null && end >= start));
  const [answer] = events;
  assertEquals([answer?.title, answer?.status], ["POST /v1/sessions/amazon", "201"]);
  const profile = events.find(({ title }) => title === "GET …/user/profile");
  assertEquals(Object(profile?.response).body.email, "mhashimoto-04@plaxo.com");
  const commit = JSON.stringify(events.at(-1)?.request);
  assert(
    commit.includes('"sealed_by":"dev"') && !commit.includes("Mork"),
    "What is sealed is shown as sealed",
  );
});

Deno.test("Trace keeps visits apart, and does not watch who is none", async () => {
  const { trace, service, ask } = await openTraced();
  await using _ = service;
  await (await ask("a", "new.1")).body?.cancel();
  await (await ask("b", "no such code")).body?.cancel();
  await (await service.signIn("new.2")).body?.cancel();
  assertEquals([trace.eventsOf("a").length, trace.eventsOf("none").length], [7, 0]);
  assertEquals(trace.eventsOf("b").filter(({ ok }) => !ok).map(({ lane, status }) => [lane, status]), [
    ["service", "400"],
    ["amazon", "400"],
  ]);
});

Deno.test("Trace passes a failed call on as it is", async () => {
  const trace = new Trace(() => 0);
  const fetch = trace.wrapFetch(() => Promise.reject(new TypeError("No connection")), AMAZON);
  const answer = () => fetch(`${AMAZON}/version/1.0/user/profile`);
  await assertRejects(
    () => trace.watch("v", new Request("http://localhost/"), answer),
    TypeError,
    "No connection",
  );
  assertEquals(trace.eventsOf("v").map(({ lane, status, ok }) => [lane, status, ok]), [
    ["service", "No connection", false],
    ["amazon", "No connection", false],
  ]);
});

Deno.test("Trace sees lists, conflicts and deletions, and they come to what they would unwatched", async () => {
  const trace = new Trace(() => 0);
  using plain = await Deno.openKv(":memory:");
  const kv = trace.wrapKv(plain);
  await trace.watch("v", new Request("http://localhost/"), async () => {
    const key = ["session", "acc_1", "ses_1"];
    assertEquals((await kv.atomic().mutate({ type: "set", key, value: Uint8Array.of(1) }).commit()).ok, true);
    const late = kv.atomic().check({ key, versionstamp: null }).mutate({ type: "delete", key });
    assertEquals((await late.commit()).ok, false);
    const listed = await Array.fromAsync(kv.list({ prefix: ["session", "acc_1"] }));
    assertEquals(listed.map((entry) => entry.value), [Uint8Array.of(1)]);
    return new Response();
  });
  assertEquals(trace.eventsOf("v").slice(1).map(({ title, status }) => `${title}: ${status}`), [
    "write session: committed",
    "delete session: conflict",
    "read session: found",
  ]);
});

Deno.test("Trace keeps the newest 20 visits", async () => {
  const trace = new Trace(() => 0);
  for (let i = 0; i <= 20; i++) {
    await trace.watch(`v${i}`, new Request("http://localhost/"), () => new Response());
  }
  assertEquals([0, 1, 20].map((i) => trace.eventsOf(`v${i}`).length), [0, 1, 1]);
});

Deno.test("show tells of sealed bytes who sealed them, how many they are and how they begin", () => {
  const sealed = Uint8Array.from([1, 3, ...new TextEncoder().encode("dev"), ...Array(40).fill(255)]);
  const begins = `01 03 64 65 76${" ff".repeat(15)} …`;
  assertEquals(show([{ token: sealed, at: 1 }]), [{ token: { sealed_by: "dev", bytes: 45, begins }, at: 1 }]);
});

Deno.test("codeOf gives codes that the simulator knows, each another, of one and the same person", () => {
  const simulator = createSimulator({ clock: new FakeClock() });
  assert(simulator.issueCode("new").startsWith("new."));
  for (const scenario of SCENARIOS) {
    const codes = [-1, 0, 1, 2].map((turn) =>
      codeOf({ scenario, customer: scenario.customer, person: "9f86d081", turn })
    );
    assertEquals(new Set(codes).size, 4);
    const people = codes.map((code) => {
      const parsed = parseCode(code, ["foodev"]);
      return parsed?.customer.profile(parsed.nonce).user_id;
    });
    assertEquals(new Set(people).size, 1);
    assert(people[0] !== undefined, codes[0]);
  }
});

/** A service whose service is watched. */
async function openTraced() {
  let time = 0;
  const trace = new Trace(() => time++);
  const service = await TestService.open({
    wrapKv: (kv) => trace.wrapKv(kv),
    wrapFetch: (fetch) => trace.wrapFetch(fetch, AMAZON),
  });
  const ask = (visit: string, code: string) => {
    const body = JSON.stringify({ code });
    const headers = { "content-type": "application/json" };
    const request = new Request("http://localhost:8000/v1/sessions/amazon", {
      method: "POST",
      headers,
      body,
    });
    return trace.watch(
      visit,
      request,
      async (request) =>
        service.request("/v1/sessions/amazon", { method: "POST", headers, body: await request.text() }),
    );
  };
  return { trace, service, ask };
}
