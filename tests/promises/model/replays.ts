/**
 * The same answer again, after a race: with each ring of the operator's, without the key from which the secret of the session
 * came, and after a record has changed. Nobody else comes to the secret.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { hashSecret, Keyring } from "../../../lib/kv/keyring.ts";
import { progressIds } from "../../../lib/kv/codes.ts";
import { ACCOUNT, CODE_PROGRESS, type CodeResult, EXCHANGE, SESSION } from "../../../lib/kv/schema.ts";
import { reseal } from "../../../lib/operator/resealing/reseal.ts";
import { REPLAY_MS } from "../../../lib/sessions/replay.ts";
import { alterRecord } from "../../support/stored_records.ts";
import { driven, outcomeOf } from "./asking.ts";
import { keyring } from "./rings.ts";
import type { Request } from "./history.ts";
import type { World } from "./world.ts";

/** A sign-in that can be asked for again. */
interface Repeatable extends Pick<Request, "code"> {
  readonly key: string;
  /** The token of the session. */
  readonly token: string;
  /** What is stored of it. */
  readonly result: CodeResult & { readonly outcome: "signed_in" };
}

/** Where the records of a sign-in are. */
interface Places {
  readonly kv: Deno.Kv;
  readonly account: readonly string[];
  readonly session: readonly string[];
  readonly codeHash: string;
}

/** What can happen to the records between the answer and the same request again, and what the request gets then. */
const CHANGES_OF_RECORDS = {
  "nothing": { gets: "signed_in", apply: async () => {} },
  "the customer has another name": {
    gets: "signed_in",
    apply: ({ kv, account }) =>
      alterRecord(
        { kv, services: { keyring } },
        ACCOUNT,
        account,
        (record) => ({ ...record, name: "Another" }),
      ),
  },
  "everybody was signed out": {
    gets: "code_already_used",
    apply: ({ kv, account }) =>
      alterRecord({ kv, services: { keyring } }, ACCOUNT, account, (record) => ({
        ...record,
        session_epoch: record.session_epoch + 1,
      })),
  },
  "the session is gone": {
    gets: "code_already_used",
    apply: ({ kv, session }) => kv.delete([SESSION.kind, ...session]),
  },
  "the session has another secret": {
    gets: "code_already_used",
    apply: ({ kv, session }) =>
      alterRecord(
        { kv, services: { keyring } },
        SESSION,
        session,
        (record) => ({ ...record, secret_hash: hashSecret("x") }),
      ),
  },
  "the result names another session with the same secret": {
    gets: "code_already_used",
    async apply({ kv, account: [accountId = ""], session, codeHash }) {
      const [key, session_id] = [[SESSION.kind, ...session], `ses_${"f".repeat(32)}`];
      const { value } = await kv.get<Uint8Array<ArrayBuffer>>(key);
      const copy = [SESSION.kind, accountId, session_id];
      await kv.set(copy, keyring.seal(keyring.open(value!, key.join("/")), copy.join("/")));
      await alterRecord({ kv, services: { keyring } }, CODE_PROGRESS, progressIds(codeHash), (record) => ({
        ...record,
        result: { ...record.result, session_id },
      }));
    },
  },
  "the result names another key": {
    gets: "code_already_used",
    apply: ({ kv, codeHash }) =>
      alterRecord({ kv, services: { keyring } }, CODE_PROGRESS, progressIds(codeHash), (record) => ({
        ...record,
        result: { ...record.result, key_id: record.result.key_id === "k3" ? "k1" : "k3" },
      })),
  },
  "the claim names another requester": {
    gets: "code_already_used",
    apply: ({ kv, codeHash }) =>
      alterRecord({ kv, services: { keyring } }, EXCHANGE, [codeHash], (record) => ({
        ...record,
        requester: hashSecret("x"),
      })),
  },
} satisfies Record<
  string,
  { readonly gets: "signed_in" | "code_already_used"; readonly apply: (places: Places) => Promise<void> }
>;

/** A change of the records of a sign-in. */
export type Change = keyof typeof CHANGES_OF_RECORDS;

/** All changes of the records of a sign-in. */
export const CHANGES = Object.keys(CHANGES_OF_RECORDS) as readonly Change[];

/** Asserts what one of the sign-ins of a race gives again. There is none when no code was done, or the time is over. */
export async function assertReplays(world: World, change: Change): Promise<void> {
  const { scheduler, kv } = world;
  const repeatable = await scheduler.work(() => findRepeatable(world));
  if (repeatable === null) return;
  const { code, key, result } = repeatable;
  scheduler.trace.push(`${code} is asked for again. ${change}`);
  await scheduler.work(() => assertNotGuessed(kv, repeatable));
  // The world asserts that it is the same session.
  const ask = (process: number) => driven(world, outcomeOf(world.signIn(process, { code, key })));
  for (const process of [0, 1]) {
    assertEquals(await ask(process), "signed_in", "The answer is not given again");
  }

  // The operator reseals all records, and the keys before leave the ring: nobody can derive the secret any more.
  const clock = scheduler.clock(null);
  const options = { perSecond: Infinity, pace: clock, progress: () => {} };
  const { needs } = await scheduler.work(() =>
    reseal({ kv, keyring: world.ringOf(["k3", "k2", "k1"]), clock }, options)
  );
  assertEquals([needs.lasting("k1"), needs.lasting("k2"), needs.lost], [0, 0, 0]);
  assert(needs.of(result.key_id) > 0, "Nothing tells that the answer needs its key");
  world.rings = [["k3"], ["k3"]];
  assertEquals(await ask(0), "storage_unavailable", "A secret was derived without its key");
  world.rings = [["k3", "k2", "k1"], ["k3", "k1", "k2"]];
  assertEquals(await ask(1), "signed_in", "The answer is not given again, with its key");

  const { gets, apply } = CHANGES_OF_RECORDS[change];
  const { account_id, session_id } = result;
  const places = { kv, account: [account_id], session: [account_id, session_id], codeHash: hashSecret(code) };
  await scheduler.work(() => apply(places));
  assertEquals(await ask(0), gets, change);
  // Other sessions of the account can have ended with it.
  if (gets !== "signed_in") world.sessions.clear();
}

async function findRepeatable({ codes, scheduler, kv }: World): Promise<Repeatable | null> {
  for (const [codeHash, { token, done, requests }] of codes) {
    const { by, at } = done ?? {};
    const code = requests[0]?.code;
    const key = by?.key ?? null;
    const isLate = at === undefined || scheduler.time - at > REPLAY_MS - 60_000;
    if (code === undefined || token === undefined || key === null || isLate) continue;
    const place = [CODE_PROGRESS.kind, ...progressIds(codeHash)];
    const { value } = await kv.get<Uint8Array>(place);
    const { result } = JSON.parse(keyring.open(value!, place.join("/")));
    return { code, key, token, result };
  }
  return null;
}

/** Asserts that the secret is nowhere, and that nobody computes it from everything but the key of the ring. */
async function assertNotGuessed(kv: Deno.Kv, { code, key, token, result }: Repeatable): Promise<void> {
  const secret = token.slice(-43);
  const purpose = "session/one_click";
  const texts = [result.session_id, code, key];
  for await (const { key: place, value } of kv.list({ prefix: [] })) {
    const stored = value instanceof Uint8Array ? keyring.open(value, place.join("/")) : JSON.stringify(value);
    for (const text of [secret, key]) assert(!stored.includes(text), `${String(place[0])} holds a secret`);
  }
  const strange = [new Uint8Array(32), new TextEncoder().encode(hashSecret(result.key_id)).slice(0, 32)];
  const guesses = [
    ...strange.map((bytes) => new Keyring([{ id: result.key_id, secret: bytes }]))
      .map((ring) => ring.deriveSecret(result.key_id, purpose, texts)),
    // Who has the key of the ring lacks a text.
    ...texts.map((_, i) => keyring.deriveSecret(result.key_id, purpose, texts.with(i, ""))),
    ...keyring.ids.filter((id) => id !== result.key_id)
      .map((id) => keyring.deriveSecret(id, purpose, texts)),
    ...keyring.blindIndexes(purpose, JSON.stringify(texts)),
    hashSecret(JSON.stringify([purpose, ...texts])),
    hashSecret(texts.join("")),
  ];
  assert(!guesses.includes(secret), "The secret of a session was guessed");
  assertEquals(keyring.deriveSecret(result.key_id, purpose, texts), secret);
}
