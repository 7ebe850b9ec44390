/** Passwords in the service as a real process, with the parameters of production. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { Database } from "../../lib/kv/database.ts";
import { Keyring } from "../../lib/kv/keyring.ts";
import { ACCOUNT } from "../../lib/kv/schema.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, post, ServiceProcess } from "../support/service_process.ts";
import type { SignedInBody } from "../support/bodies.ts";

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
    const { value } = await store.get(ACCOUNT, [account.id]);
    kv.close();
    assert(value?.password.kind === "set");
    assertMatch(value.password.phc, /^\$pbkdf2-sha256\$i=600000,l=32\$/);
  },
});

Deno.test({
  name: "main.ts loads the list of common passwords when it is first needed, not at its start",
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
  name: "POST /v1/sessions takes the same time for an unknown email, a wrong password and a temporary one",
  ignore,
  async fn() {
    await using service = await start();
    await service.post("/v1/accounts", { email: EMAIL, password: PASSWORD }, 201);
    await service.post("/v1/sessions/amazon", { code: "mork.1" }, 201);
    const cases = ["nobody@example.com", EMAIL, "mhashimoto-04@plaxo.com"];
    const times = cases.map((): number[] => []);
    for (let round = 0; round <= 20; round++) {
      for (let i = 0; i < cases.length; i++) {
        // The order changes from round to round, so that other load of the machine slows all cases alike.
        const which = (i + round) % cases.length;
        const start = performance.now();
        await service.post("/v1/sessions", { email: cases[which], password: "a wrong horse" }, 401);
        if (round > 0) times[which]?.push(performance.now() - start);
      }
    }
    const [unknown = [], wrong = [], temporary = []] = times;
    for (const [a, b] of [[unknown, wrong], [wrong, temporary], [unknown, temporary]] as const) {
      // Chance alone exceeds 3.9 once in 10,000 runs. A skipped hash gives 5.4, the highest possible value.
      assert(Math.abs(rankSum(a, b)) < 3.9, `z = ${rankSum(a, b)}: ${times.map(median)} ms`);
    }
  },
});

/** Returns z of the Mann–Whitney U test: how many standard deviations the ranks of two samples differ from chance. */
function rankSum(a: readonly number[], b: readonly number[]): number {
  const wins = a.reduce((sum, x) => sum + b.filter((y) => x > y).length, 0);
  const [m, n] = [a.length, b.length];
  return (wins - m * n / 2) / Math.sqrt(m * n * (m + n + 1) / 12);
}

function median(sample: readonly number[]): number {
  return sample.toSorted((x, y) => x - y)[sample.length >> 1] ?? NaN;
}

/** Starts `main.ts` on a test bed of its own. */
async function start() {
  const bed = await openTestBed({ PASSWORD_TRIES_PER_15_MINUTES: "1000000" });
  const process = await ServiceProcess.start(bed);
  return {
    env: bed.env,
    process,
    /** Posts `body`, checks the status and returns the body of the answer. */
    async post(path: string, body: unknown, expected: number): Promise<SignedInBody> {
      const answer = await post(`${process.url}${path}`, body);
      assertEquals(answer.status, expected, JSON.stringify(answer.body));
      return answer.body;
    },
    async [Symbol.asyncDispose]() {
      await process.end();
      await bed[Symbol.asyncDispose]();
    },
  };
}
