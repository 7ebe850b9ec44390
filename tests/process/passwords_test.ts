/** Passwords in the service as a real process, with production's own parameters. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { Database } from "../../lib/kv/database.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { ACCOUNT } from "../../lib/kv/schema.ts";
import { createSimulator } from "../../lib/dev/simulator/simulator.ts";
import { serveSimulator } from "../../lib/dev/simulator/server.ts";
import { MAY_RUN, Running } from "./running.ts";

const ignore = !MAY_RUN;
const EMAIL = "vera@example.com";
const PASSWORD = "correct horse battery";

Deno.test({
  name: "main.ts hashes passwords with 600,000 iterations, and writes none to its log",
  ignore,
  async fn() {
    await using service = await start();
    const { account } = await service.post("/v1/accounts", { email: EMAIL, password: PASSWORD }, 201);
    await service.post("/v1/sessions", { email: EMAIL, password: PASSWORD }, 200);
    await service.post("/v1/sessions", { email: EMAIL, password: "a wrong horse" }, 401);
    service.process.kill("SIGTERM");
    assertEquals((await service.process.status).code, 0);
    for (const secret of ["horse", "vera"]) assert(!service.process.lines.join("\n").includes(secret));

    const kv = await Deno.openKv(service.env.KV_PATH);
    const keyring = new Keyring(parseConfig(service.env).dataKeys);
    using store = new Database({ kv, keyring, clock: systemClock }).within(5000);
    const id = (account as { id: string }).id;
    const { value } = await store.get(ACCOUNT, [id]);
    kv.close();
    assert(value?.password.kind === "set");
    assertMatch(value.password.phc, /^\$pbkdf2-sha256\$i=600000,l=32\$/);
  },
});

Deno.test({
  name: "main.ts loads the list of common passwords when first asked for, not with itself",
  ignore,
  async fn() {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", "main.ts"] })
      .output();
    const { modules }: { modules: { dependencies?: { specifier: string; isDynamic?: boolean }[] }[] } = JSON
      .parse(new TextDecoder().decode(stdout));
    const imports = modules.flatMap(({ dependencies = [] }) => dependencies)
      .filter(({ specifier }) => specifier.includes("zxcvbn"));
    assertEquals(imports.map(({ isDynamic }) => isDynamic), [true]);
  },
});

Deno.test({
  name: "POST /v1/sessions takes times that cannot be told apart for unknown, wrong and temporary",
  ignore,
  async fn() {
    await using service = await start();
    await service.post("/v1/accounts", { email: EMAIL, password: PASSWORD }, 201);
    await service.post("/v1/sessions/amazon", { code: "mork.1" }, 201);
    const cases = ["nobody@example.com", EMAIL, "mhashimoto-04@plaxo.com"];
    const times = cases.map((): number[] => []);
    for (let round = 0; round <= 20; round++) {
      for (let i = 0; i < cases.length; i++) {
        // In turns and in another order each time, so that what else the machine does falls on all alike.
        const which = (i + round) % cases.length;
        const start = performance.now();
        await service.post("/v1/sessions", { email: cases[which], password: "a wrong horse" }, 401);
        if (round > 0) times[which]?.push(performance.now() - start);
      }
    }
    const [unknown = [], wrong = [], temporary = []] = times;
    for (const [a, b] of [[unknown, wrong], [wrong, temporary], [unknown, temporary]] as const) {
      // A difference by chance passes 3.9 once in 10,000 runs; a skipped hash gives 5.4, the most there can be.
      assert(Math.abs(rankSum(a, b)) < 3.9, `z = ${rankSum(a, b)}: ${times.map(median)} ms`);
    }
  },
});

/** Mann and Whitney's test: how many standard deviations lie between two samples' ranks and chance. */
function rankSum(a: readonly number[], b: readonly number[]): number {
  const wins = a.reduce((sum, x) => sum + b.filter((y) => x > y).length, 0);
  const [m, n] = [a.length, b.length];
  return (wins - m * n / 2) / Math.sqrt(m * n * (m + n + 1) / 12);
}

function median(sample: readonly number[]): number {
  return sample.toSorted((x, y) => x - y)[sample.length >> 1] ?? NaN;
}

/** Starts `main.ts` on a database of its own beside a simulated Amazon. */
async function start() {
  const folder = await Deno.makeTempDir();
  const amazon = await serveSimulator(createSimulator({ clock: systemClock }), { port: 0 });
  const env = {
    AMAZON_CLIENT_ID: "foodev",
    AMAZON_CLIENT_SECRET: "foosecret",
    AMAZON_BASE_URL: amazon.url,
    DATA_KEYS: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
    PUBLIC_URL: "https://signin.example",
    PASSWORD_TRIES_PER_15_MINUTES: "1000000",
    KV_PATH: `${folder}/service.kv`,
    HOST: "127.0.0.1",
    PORT: "0",
  };
  const process = new Running(["main.ts"], env);
  const [, url] = await process.line(/"url":"(http:[^"]+)"/);
  return {
    env,
    process,
    /** Posts `body` and gives the answer's, once its status is as expected. */
    async post(path: string, body: unknown, status: number): Promise<Record<string, unknown>> {
      const response = await fetch(`${url}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer = await response.json();
      assertEquals(response.status, status, JSON.stringify(answer));
      return answer;
    },
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await amazon.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
