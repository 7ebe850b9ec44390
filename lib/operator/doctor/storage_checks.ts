/**
 * The checks of the database, and of the data keys against what is stored.
 *
 * @module
 */
import { dirname } from "node:path";
import { KeyCheck } from "../../kv/key_check.ts";
import { Keyring } from "../../kv/keyring.ts";
import { isFile, openDatabase } from "../environment.ts";
import { CommandError } from "../command.ts";
import type { Check, CheckServices, Finding } from "./check.ts";

const MEND_KV =
  "Set KV_PATH to a file that can be written, or to the URL of a KV service with DENO_KV_ACCESS_TOKEN";

/** A key that no record has. */
const PROBE = ["ping"];

/** The checks. */
export const STORAGE_CHECKS: readonly Check[] = [
  { name: "kv", mend: MEND_KV, run: (services) => withDatabase(services, probe) },
  {
    name: "keys",
    mend: "Mend the database first",
    run: (services) => withDatabase(services, (kv) => compareRing(services, kv)),
  },
];

async function withDatabase(
  { env }: CheckServices,
  run: (kv: Deno.Kv) => Promise<Finding>,
): Promise<Finding> {
  const { KV_PATH: path = "" } = env;
  let kv: Deno.Kv;
  try {
    kv = await openDatabase(env);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const isNew = error.code === "not_found" && isFile(path) && (await Deno.stat(dirname(path))).isDirectory;
    return isNew
      ? "There is no database yet: the service makes its file when it starts"
      : { detail: error.message, mend: MEND_KV };
  }
  try {
    return await run(kv);
  } finally {
    kv.close();
  }
}

async function probe(kv: Deno.Kv): Promise<Finding> {
  const start = performance.now();
  await kv.get(PROBE);
  const read = performance.now();
  // A removal of nothing still goes to the disk.
  await kv.atomic().delete(PROBE).commit();
  const ms = [read - start, performance.now() - read].map((time) => Math.ceil(time));
  return `It answers: a read takes ${ms[0]} ms, a write ${ms[1]} ms`;
}

async function compareRing({ config, clock }: CheckServices, kv: Deno.Kv): Promise<Finding> {
  const keyring = new Keyring(config.dataKeys);
  const fault = await new KeyCheck({ kv, keyring, clock, log: () => {} }).look();
  const { ids } = keyring;
  return fault === null
    ? `The keys ${ids.join(", ")} fit what is stored`
    : { detail: fault, mend: "Set DATA_KEYS as it was: see lib/operator/README.md, Rotate a data key" };
}
