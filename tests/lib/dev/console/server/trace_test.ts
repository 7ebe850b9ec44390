/** The trace records what a request of the console causes, and changes nothing of it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { show, Trace } from "../../../../../lib/dev/console/server/trace.ts";
import { TestService } from "../../../../support/test_service.ts";

const AMAZON = "https://appstore-sdk.amazon.com";

Deno.test("Trace records the requests and KV operations of a sign-in in order, with their responses", async () => {
  const { trace, service, signIn } = await openTraced();
  await using _ = service;
  const response = await signIn("visit", "mork.1");
  assertEquals([response.status, (await response.json()).account.name], [201, "Mork Hashimoto"]);
  // On a busy machine the token is still being kept when the answer comes.
  await service.services.background.idle();
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
  const [first] = events;
  assertEquals([first?.title, first?.status], ["POST /v1/sessions/amazon", "201"]);
  const profile = events.find(({ title }) => title === "GET …/user/profile");
  assertEquals(Object(profile?.response).body.email, "mhashimoto-04@plaxo.com");
  const commit = JSON.stringify(events.at(-1)?.request);
  assert(
    commit.includes('"sealed_by":"dev"') && !commit.includes("Mork"),
    "Sealed bytes are shown as sealed",
  );
});

Deno.test("Trace keeps visits apart and does not record other requests", async () => {
  const { trace, service, signIn } = await openTraced();
  await using _ = service;
  await (await signIn("a", "new.1")).body?.cancel();
  await (await signIn("b", "no such code")).body?.cancel();
  await (await service.signIn("new.2")).body?.cancel();
  assertEquals([trace.eventsOf("a").length, trace.eventsOf("none").length], [7, 0]);
  assertEquals(trace.eventsOf("b").filter(({ ok }) => !ok).map(({ lane, status }) => [lane, status]), [
    ["service", "400"],
    ["amazon", "400"],
  ]);
});

Deno.test("Trace passes the error of a failed request on", async () => {
  const trace = new Trace(() => 0);
  const fetch = trace.wrapFetch(() => Promise.reject(new TypeError("No connection")), AMAZON);
  const respond = () => fetch(`${AMAZON}/version/1.0/user/profile`);
  await assertRejects(
    () => trace.watch("v", new Request("http://localhost/"), respond),
    TypeError,
    "No connection",
  );
  assertEquals(trace.eventsOf("v").map(({ lane, status, ok }) => [lane, status, ok]), [
    ["service", "No connection", false],
    ["amazon", "No connection", false],
  ]);
});

Deno.test("Trace records lists, conflicts and deletions without changing their results", async () => {
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

Deno.test("show returns the key's name, the number and the first 20 of sealed bytes", () => {
  const sealed = Uint8Array.from([1, 3, ...new TextEncoder().encode("dev"), ...Array(40).fill(255)]);
  const begins = `01 03 64 65 76${" ff".repeat(15)} …`;
  assertEquals(show([{ token: sealed, at: 1 }]), [{ token: { sealed_by: "dev", bytes: 45, begins }, at: 1 }]);
});

/** Opens a service whose requests to Amazon and KV operations are recorded. */
async function openTraced() {
  let time = 0;
  const trace = new Trace(() => time++);
  const service = await TestService.open({
    wrapKv: (kv) => trace.wrapKv(kv),
    wrapFetch: (fetch) => trace.wrapFetch(fetch, AMAZON),
  });
  const signIn = (visit: string, code: string) => {
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
  return { trace, service, signIn };
}
