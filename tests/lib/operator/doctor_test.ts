import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../../lib/base/clock.ts";
import { DOCTOR } from "../../../lib/operator/doctor.ts";
import type { CheckResult } from "../../../lib/operator/doctor/check.ts";
import { MAY_RUN } from "../../support/child_process.ts";
import { PASSWORD, serveApi, serveSmtp, USER } from "../../support/mail_servers.ts";
import { run } from "../../support/operator.ts";
import { openTestBed, ServiceProcess } from "../../support/service_process.ts";

const NAMES = [
  "configuration",
  "kv",
  "keys",
  "amazon",
  "rvs",
  "mail",
  "webhook",
  "public_url",
  "client_address",
  "clock",
];
const ignore = !MAY_RUN;

/** What is wrong in the environment, and the checks that must notice it. */
const FAULTS: Readonly<Record<string, [env: Record<string, string>, fails: string[]]>> = {
  "nothing": [{}, []],
  "another client secret": [{
    AMAZON_CLIENTS: JSON.stringify({ tv: { client_id: "foodev", client_secret: "no" } }),
  }, ["amazon"]],
  "another shared secret": [{ APPSTORE_SHARED_SECRET: "no" }, ["rvs"]],
  "another data key": [{ DATA_KEYS: `k9:${btoa("x".repeat(32))}` }, ["keys"]],
  "a mistyped data key": [{ DATA_KEYS: `dev:${btoa("x".repeat(32))}` }, ["keys"]],
  "a folder that does not exist": [{ KV_PATH: "/nowhere/at/all/kv.sqlite3" }, ["kv", "keys"]],
  "a KV service that is not there": [{ KV_PATH: "http://127.0.0.1:1", DENO_KV_ACCESS_TOKEN: "t" }, [
    "kv",
    "keys",
  ]],
  "a mail server that is not there": [{ MAIL_URL: "smtp://127.0.0.1:1" }, ["mail"]],
  "a receiver of webhooks that is not there": [{ WEBHOOK_URL: "http://127.0.0.1:1" }, ["webhook"]],
  "a PUBLIC_URL where nothing is": [{ PUBLIC_URL: "http://127.0.0.1:1" }, ["public_url"]],
  "a variable with a fault": [{ SESSION_TTL_DAYS: "many" }, NAMES],
};

/** The address of this machine, as a proxy writes it, and that of a proxy in front of another. */
const [CLIENT, CDN] = ["198.51.100.7", "203.0.113.9"];
/** `TRUST_PROXY`, and what the doctor says without a proxy, behind one, and behind two. */
const TRUSTS = [
  [
    "false",
    "ok",
    "Set TRUST_PROXY=1, or the networks of your proxies",
    "Set TRUST_PROXY=2, or the networks of your proxies",
  ],
  ["1", "Set TRUST_PROXY=false", "ok", "Set TRUST_PROXY=2, or the networks of your proxies"],
  ["2", "Set TRUST_PROXY=false", "Set TRUST_PROXY=1, or the networks of your proxies", "ok"],
] as const;

Deno.test(
  "deno task doctor finds each fault, and says what mends it, without a secret",
  { ignore },
  async (t) => {
    await using smtp = await serveSmtp();
    const events: string[] = [];
    await using receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
      events.push(request.method);
      return new Response(null, { status: 405 });
    });
    const port = freePort();
    await using bed = await openTestBed({
      AMAZON_CLIENTS: JSON.stringify({ tv: { client_id: "foodev", client_secret: "foosecret" } }),
      MAIL_URL: smtp.url.replace("//", `//${USER}:${PASSWORD}@`),
      MAIL_FROM: "hello@app.example",
      WEBHOOK_URL: `http://127.0.0.1:${receiver.addr.port}`,
      WEBHOOK_SECRET: `whsec_${btoa("x".repeat(24))}`,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
    });
    await using service = await ServiceProcess.start(bed);
    // The first request makes the database what a running service has made of it.
    assertEquals(await (await fetch(`${service.url}/readyz`)).json(), { status: "ok" });
    const diagnose = async (env: Record<string, string>) => {
      const ran = await run(DOCTOR, ["--json"], { ...bed.env, ...env });
      const { checks } = ran.json as { checks: CheckResult[] };
      return { ...ran, checks, failed: checks.filter(({ ok }) => !ok).map(({ name }) => name) };
    };
    for (const [fault, [env, fails]] of Object.entries(FAULTS)) {
      await t.step(fault, async () => {
        const { code, checks, failed, out } = await diagnose(env);
        assertEquals(checks.map(({ name }) => name), NAMES);
        assertEquals([failed, code], [fails, fails.length === 0 ? 0 : 1], out);
        for (const { ok, detail, mend } of checks) assertEquals([ok, detail !== ""], [mend === null, true]);
        for (const secret of ["foosecret", PASSWORD, "x".repeat(24), btoa("x".repeat(32)), "dev-shared"]) {
          assert(!out.includes(secret));
        }
        const plain = await run(DOCTOR, [], { ...bed.env, ...env });
        assertEquals(plain.out.match(/^FAIL/gm)?.length ?? 0, fails.length);
      });
    }
    await t.step("a wrong password of mail", async () => {
      const { failed } = await diagnose({ MAIL_URL: smtp.url.replace("//", `//${USER}:wrong@`) });
      assertEquals(failed, ["mail"]);
    });
    await t.step("the mail API, with the right key and a wrong one", async () => {
      await using api = serveApi();
      assertEquals((await diagnose({ MAIL_URL: api.url })).failed, []);
      const wrong = api.url.replace(/\/\/:[^@]*@/, "//:wrong@");
      assertEquals((await diagnose({ MAIL_URL: wrong })).failed, ["mail"]);
      assertEquals(api.arrived.length, 0);
    });
    await t.step("says why there is no connection, and which name is close to one of ours", async () => {
      const AMAZON_BASE_URL = `http://localhost:${freePort()}`;
      const env = { ...bed.env, AMAZON_BASE_URL, PUBLIC_URL: "https://nothing.invalid", DATA_KEY: "x" };
      const { json: { checks } } = await run(DOCTOR, ["--json"], env);
      const detailOf = (wanted: string) => checks.find(({ name }: CheckResult) => name === wanted).detail;
      assertEquals(detailOf("public_url"), "The name of the host is not known");
      assertEquals(detailOf("clock"), "The connection is refused: nothing listens there");
      assertStringIncludes(detailOf("configuration"), "DATA_KEY is not read: is DATA_KEYS meant?");
    });
    await t.step("what is not configured is no fault", async () => {
      const { failed } = await diagnose({
        MAIL_URL: "",
        MAIL_FROM: "",
        WEBHOOK_URL: "",
        WEBHOOK_SECRET: "",
        APPSTORE_SHARED_SECRET: "",
      });
      assertEquals(failed, []);
    });
    await t.step("several clients are checked each by itself", async () => {
      const AMAZON_CLIENTS = JSON.stringify({
        tv: { client_id: "foodev", client_secret: "foosecret" },
        kids: { client_id: "kids", client_secret: "no" },
      });
      assertEquals((await diagnose({ AMAZON_CLIENTS })).failed, ["amazon (kids)"]);
    });
    await t.step("a clock that is wrong", async () => {
      const clock = { ...systemClock, now: () => systemClock.now() + 10_000 };
      const ran = await run(DOCTOR, ["--json"], bed.env, clock);
      const failed = ran.json.checks.filter(({ ok }: CheckResult) => !ok);
      assertEquals(failed.map(({ name }: CheckResult) => name), ["clock"], ran.out);
      assert(failed[0].detail.includes("ahead of"));
    });
    await t.step("nothing was sent and nothing written", () => {
      assertEquals(smtp.arrived.length, 0);
      assertEquals([...new Set(events)], ["HEAD"]);
    });
  },
);

Deno.test(
  "deno task doctor shows which address the service sees, and the TRUST_PROXY that fits",
  { ignore },
  async () => {
    await using bed = await openTestBed();
    for (const [trusted, ...answers] of TRUSTS) {
      await using service = await ServiceProcess.start({ env: { ...bed.env, TRUST_PROXY: trusted } });
      await using proxy = forwardTo(service.url);
      await using cdn = forwardTo(proxy.url);
      for (const [i, PUBLIC_URL] of [service.url, proxy.url, cdn.url].entries()) {
        const { json: { checks } } = await run(DOCTOR, ["--json"], { ...bed.env, PUBLIC_URL });
        const { ok, detail, mend } = checks.find(({ name }: CheckResult) => name === "client_address");
        assertEquals([ok ? "ok" : mend], [answers[i]], `${trusted} ${i}: ${detail}`);
        assertStringIncludes(detail, i === 0 ? "from 127.0.0.1" : `X-Forwarded-For is ${CLIENT}`);
      }
      assertEquals(service.lines.filter((line) => line.includes(CLIENT)), []);
    }
  },
);

Deno.test("deno task doctor takes a database that does not exist yet for a new one", { ignore }, async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/kv.sqlite3`;
  await using bed = await openTestBed({ KV_PATH: path });
  const { json } = await run(DOCTOR, ["--json"], bed.env);
  const [, kv, keys] = json.checks;
  assertEquals([kv.ok, keys.ok], [true, true]);
  assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 0, "It makes none");
  await Deno.remove(folder, { recursive: true });
});

function freePort(): number {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return listener.addr.port;
}

/** A proxy that adds an address to `X-Forwarded-For`: that of its client, or of the proxy before it. */
function forwardTo(url: string): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const headers = new Headers(request.headers);
    headers.append("x-forwarded-for", headers.has("x-forwarded-for") ? CDN : CLIENT);
    headers.delete("host");
    return fetch(url + new URL(request.url).pathname, { headers });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
