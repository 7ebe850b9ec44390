/**
 * What one database serves with one to four processes of the service: sign-ins and checks of tokens in a second, with 99 %
 * of them within a second. `deno task bench:scale` measures a file, and a `denokv` where one is found (`DENOKV`, `PATH`).
 *
 * @module
 */
import { devEnvironment } from "../../lib/dev/environment.ts";
import { Denokv, findDenokv } from "../process/chaos/denokv.ts";
import { checkRequest, Connection, signInRequest } from "./driver.ts";
import { Server } from "./server.ts";

const SECONDS = Number(Deno.args[0] ?? 4);
const PROCESSES = [1, 2, 4];
/** The requests at once that are tried. The best rate with a 99th percentile below a second counts. */
const AT_ONCE = [8, 32, 128];
const MOST_P99_MS = 1000;

interface Rate {
  readonly perSecond: number;
  readonly p99: number;
  /** The part that was turned away. */
  readonly refused: number;
}

/** Sends requests to several processes from `atOnce` connections. Answers that are not 2xx are counted apart. */
async function drive(urls: readonly string[], atOnce: number, request: () => string): Promise<Rate> {
  const times: number[] = [];
  let refused = 0;
  const end = performance.now() + SECONDS * 1000;
  await Promise.all(Array.from({ length: atOnce }, async (_, i) => {
    using connection = await Connection.open(urls[i % urls.length]!);
    while (performance.now() < end) {
      const began = performance.now();
      const { status } = await connection.send(request());
      if (status < 300) times.push(performance.now() - began);
      else {
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }));
  times.sort((a, b) => a - b);
  return {
    perSecond: Math.round(times.length / SECONDS),
    p99: Math.round(times[Math.floor(times.length * 0.99)] ?? Infinity),
    refused: refused / (times.length + refused),
  };
}

async function best(urls: readonly string[], request: () => string): Promise<Rate> {
  let found: Rate = { perSecond: 0, p99: Infinity, refused: 0 };
  for (const atOnce of AT_ONCE) {
    const rate = await drive(urls, atOnce, request);
    if (rate.p99 < MOST_P99_MS && rate.perSecond > found.perSecond) found = rate;
  }
  return found;
}

async function measure(kvPath: string, processes: number, folder: string): Promise<[Rate, Rate]> {
  await using upstream = await Server.start(
    { args: [Deno.execPath(), "run", "-A", "--no-check", "--quiet", "tests/bench/upstream.ts"] },
    `${folder}/upstream.log`,
  );
  const env = {
    ...devEnvironment(upstream.url, 0) as Record<string, string>,
    KV_PATH: kvPath,
    HOST: "127.0.0.1",
    AMAZON_SIGN_INS_PER_MINUTE: "0",
  };
  const args = [Deno.execPath(), "run", "-A", "--no-check", "--quiet", "main.ts"];
  const servers = await Promise.all(
    Array.from({ length: processes }, (_, i) => Server.start({ args, env }, `${folder}/${i}.log`)),
  );
  try {
    const urls = servers.map(({ url }) => url);
    const run = crypto.randomUUID().slice(0, 8);
    let codes = 0;
    const signIn = () => signInRequest("/v1/sessions/amazon", `code-${run}-${codes++}`);
    await drive(urls, 8, signIn);
    const signIns = await best(urls, signIn);
    using connection = await Connection.open(urls[0]!);
    const { body } = await connection.send(signIn());
    const token: string = JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)).session_token;
    const checks = await best(urls, () => checkRequest("/v1/sessions/current", token));
    return [signIns, checks];
  } finally {
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  }
}

const program = await findDenokv();
if (program === null) console.error("No denokv was found: only the file is measured");
console.log(
  "| database | processes | sign-ins/s (p99 ms) | token checks/s (p99 ms) |\n| --- | --: | --: | --: |",
);
for (const place of ["file", ...(program === null ? [] : ["denokv"])]) {
  for (const processes of PROCESSES) {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-scale-" });
    const denokv = place === "file" ? null : await Denokv.start(program!, `${folder}/denokv.sqlite3`);
    const [signIns, checks] = await measure(denokv?.url ?? `${folder}/kv.sqlite3`, processes, folder);
    const cell = ({ perSecond, p99 }: Rate) => `${perSecond} (${p99})`;
    console.log(`| ${place} | ${processes} | ${cell(signIns)} | ${cell(checks)} |`);
    await denokv?.[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}
