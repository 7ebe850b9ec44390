/**
 * The keys that have left a record, and the end of those that nothing needs any more.
 *
 * @module
 */
import { createLog } from "../../base/log.ts";
import { checkFaultOf, KeyCheck, RESTORING } from "../../kv/key_check.ts";
import { DATA_KEY, type DataKeyRecord } from "../../kv/schema.ts";
import { CommandError } from "../command.ts";
import { walk } from "../walk.ts";
import type { ResealServices } from "./reseal.ts";
import type { Needs } from "./survey.ts";

/**
 * Compares the keys of the ring with the records that they have left, and lets the first key leave its own.
 *
 * @param log Takes a line for the operator.
 * @throws {Problem} `storage_unavailable` when the ring does not fit what is stored
 * @throws {CommandError} `data_key_fault` when one has other bytes
 */
export async function assertRing(services: ResealServices, log: (line: string) => void): Promise<void> {
  const { kv, keyring, clock } = services;
  let firstIsKnown = false;
  for (const { key, value } of await knownKeys(kv)) {
    const id = String(key[1]);
    const fault = keyring.ids.includes(id) ? checkFaultOf(keyring, id, value) : null;
    if (fault !== null) throw new CommandError("data_key_fault", fault);
    if (id === keyring.firstId) firstIsKnown = (value as DataKeyRecord).check !== null;
  }
  if (firstIsKnown) return;
  // The first key is used for the first time. An instance that does not have it must notice before its records are gone.
  await new KeyCheck({ kv, keyring, clock, log: createLog({ level: "error", clock, write: log }) }).pass();
}

/**
 * Removes the records that the keys have left which nothing needs any more: then they can leave the ring.
 *
 * @throws {CommandError} `data_key_missing` when a key that is needed is not in the ring
 */
export async function retire({ kv, keyring }: ResealServices, needs: Needs): Promise<void> {
  const known = await knownKeys(kv);
  const isMissing = (id: string) => !keyring.ids.includes(id);
  for (const { key, versionstamp } of known) {
    const id = String(key[1]);
    const needed = needs.lasting(id) > 0 || (isMissing(id) && needs.lost > 0);
    if (id === keyring.firstId || needed) continue;
    await kv.atomic().check({ key, versionstamp }).mutate({ type: "delete", key }).commit();
  }
  const missing = needs.ids.filter((id) => isMissing(id) && needs.lasting(id) > 0);
  if (missing.length > 0) {
    const records = missing.reduce((sum, id) => sum + needs.lasting(id), 0);
    const which = missing.join(" and ");
    throw new CommandError("data_key_missing", `${records} records need ${which}, not in DATA_KEYS`);
  }
  if (needs.lost > 0) {
    const detail =
      `${needs.lost} accounts are found by no key of DATA_KEYS: a key that indexed them is missing`;
    throw new CommandError("data_key_missing", detail);
  }
}

/** Reads the records that keys have left, by the ids of the keys. */
export async function knownKeys(kv: Deno.Kv): Promise<Deno.KvEntry<unknown>[]> {
  const entries = await Array.fromAsync(walk(kv, [DATA_KEY.kind]));
  return entries.filter(({ key }) => key[1] !== RESTORING);
}
