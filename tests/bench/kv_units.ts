/**
 * Counts the trips and the units of Deno KV that a sign-in and a token check use. A write unit is 1 KiB of key and value,
 * a read unit 4 KiB.
 *
 * @module
 */
import { serialize } from "node:v8";
import { startDueTasks } from "../../lib/due_tasks.ts";
import { keptFirst } from "../support/kept_first.ts";
import { signingKeys } from "../support/signing_keys.ts";
import { TestService } from "../support/test_service.ts";
import { countingKv, type KvCounts, wrapKv } from "../support/kv_hooks.ts";

const DAY_MS = 86_400_000;
/** Ids as long as those of the Appstore. */
const USER_ID = "l3HL7XppEdgiWTCr6Qv9HI1wGJOZbA8vkYHiUjXwwWU=";
const RECEIPT = "sub.active.q1YqVbJSyjH28DGPKChw9c0o8nd3ySststQtzSkrNM0tsrAwMDW3NLYyrgUA:3:11";

/** The trips and units of one request. */
export interface Cost extends KvCounts {
  /** The bytes of the answer: its body and its headers. */
  bytesOut: number;
  /** The written units of 1 KiB. */
  writeUnits: number;
  /** The read units of 4 KiB. */
  readUnits: number;
}

/** Counts with the simulated Amazon and a database in memory. */
export async function costs(): Promise<
  Record<
    | "new"
    | "returning"
    | "token check"
    | "first token check of a day"
    | "access token"
    | "run of the cron job"
    | "new, a receipt"
    | "returning, a receipt",
    Cost
  >
> {
  const counts: Cost = {
    eventualReads: 0,
    strongReads: 0,
    commits: 0,
    writeUnits: 0,
    readUnits: 0,
    bytesOut: 0,
  };
  const { wrapKv, wrapFetch } = keptFirst();
  await using service = await TestService.open({
    env: { SIGNING_KEYS: signingKeys(0) },
    wrapKv: (kv) => countingUnits(countingKv(wrapKv(kv), counts), counts),
    wrapFetch,
  });
  const count = async (request: () => Promise<Response>) => {
    for (const name of Object.keys(counts) as (keyof Cost)[]) counts[name] = 0;
    const response = await request();
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    await service.services.background.idle();
    token = JSON.parse(text).session_token ?? token;
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return { ...counts, bytesOut: new TextEncoder().encode(head + text).length };
  };
  let token = "";
  const signIn = (code: string, receipt?: string) => () => {
    const purchases = receipt === undefined ? undefined : { user_id: USER_ID, receipts: [receipt] };
    return service.signIn(code, { key: crypto.randomUUID(), purchases });
  };
  const check = () => service.request("/v1/sessions/current", { token });
  return {
    "new": await count(signIn("mork.1")),
    "returning": await count(signIn("mork.2")),
    "token check": await count(check),
    "run of the cron job": await count(async () => {
      startDueTasks(service.services);
      await service.services.background.idle();
      return Response.json({});
    }),
    "access token": await count(() => service.send("POST", "/v1/access-tokens", {}, { token })),
    "new, a receipt": await count(signIn("noname.1", RECEIPT)),
    "returning, a receipt": await count(signIn("noname.2", `${RECEIPT}2`)),
    "first token check of a day": await count(async () => {
      await service.clock.advance(DAY_MS);
      return await check();
    }),
  };
}

/** Returns the bytes that one customer takes in the database, just after a first sign-in: keys and values. */
export async function bytesStored(): Promise<number> {
  await using service = await TestService.open();
  const sum = async () => {
    const entries = await Array.fromAsync(service.kv.list({ prefix: [] }));
    return entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  };
  await service.signedIn("mork.1");
  const before = await sum();
  await service.signedIn("noname.1");
  return await sum() - before;
}

function countingUnits(kv: Deno.Kv, counts: Cost): Deno.Kv {
  return wrapKv(kv, {
    async read(_, perform) {
      const entries = await perform();
      const size = entries.map(sizeOf).reduce((sum, size) => sum + size, 0);
      counts.readUnits += Math.max(1, Math.ceil(size / 4096));
      return entries;
    },
    commit({ mutations }, perform) {
      for (const mutation of mutations) counts.writeUnits += Math.ceil(sizeOf(mutation) / 1024);
      return perform();
    },
  });
}

function sizeOf({ key, value }: { key: Deno.KvKey; value?: unknown }): number {
  const bytes = value instanceof Uint8Array ? value.length : value == null ? 0 : serialize(value).length;
  return key.join(" ").length + bytes;
}
