/**
 * `deno task bench:peers`: measures the service beside the floor and beside better-auth and OpenAuth from npm, which do
 * the same job. Run `npm install` in `tests/bench/peers` first. Prints Markdown, or JSON with `--json`; `--quick` is the
 * short form.
 *
 * @module
 */
import { type Contestant, contestants, ONECLICK } from "./contestants.ts";
import { coldStarts, throughput } from "./measure.ts";
import { throughputTable } from "./report.ts";

const here = new URL("peers/", import.meta.url).pathname;

function peer(name: string, script: string): Contestant {
  return {
    name,
    signInPath: ONECLICK.signInPath,
    checkPath: ONECLICK.checkPath,
    command: ({ folder, amazonUrl }) => ({
      args: ["node", here + script],
      env: { AMAZON_BASE_URL: amazonUrl, DB_PATH: `${folder}/${script}.db`, NODE_ENV: "production" },
    }),
  };
}

const installed = await Deno.stat(`${here}node_modules`).then(() => true, () => false);
if (!installed) {
  console.error("Run npm install in tests/bench/peers first");
  Deno.exit(1);
}
const all = [
  ...await contestants(),
  peer("OpenAuth", "openauth.mjs"),
  peer("better-auth", "better_auth.mjs"),
];
const quick = Deno.args.includes("--quick");
const effort = quick ? { rounds: 2, seconds: 1 } : { rounds: 5, seconds: 2 };
const loads = quick ? [16] : [1, 16, 64];
const { results, peakMiB } = await throughput(all, { customers: "new", loads, effort });
const coldStartMs = await coldStarts(all, effort);
console.log(
  Deno.args.includes("--json")
    ? JSON.stringify({ effort, newCustomers: results, peakMiB, coldStartMs }, null, 2)
    : throughputTable(results, { peakMiB, coldStartMs }),
);
