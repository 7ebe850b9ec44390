import { assertEquals, assertThrows } from "@std/assert";
import { Database } from "../../../lib/kv/database.ts";
import { Keyring } from "../../../lib/kv/keyring.ts";
import { OpenedRecords } from "../../../lib/kv/opened_records.ts";
import { SESSION, type SessionRecord } from "../../../lib/kv/schema.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const IDS = ["acc_1", "ses_1"];
const KEY = [SESSION.kind, ...IDS];
const LIFE_MS = 60_000;

function sessionOf(clock: FakeClock): SessionRecord {
  const at = clock.now();
  return {
    v: 1,
    secret_hash: "hash",
    epoch: 0,
    created_at: at,
    last_used_at: at,
    expires_at: at + LIFE_MS,
    device: { name: "Living room" },
  };
}

/** A database with one session, and the number of records that were opened. */
async function open() {
  const kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const keyring = new Keyring([{ id: "k1", secret: new Uint8Array(32) }]);
  const counted = { count: 0 };
  const openSealed = keyring.open.bind(keyring);
  keyring.open = (...sealed) => {
    counted.count++;
    return openSealed(...sealed);
  };
  const db = new Database({ kv, keyring, clock });
  const write = async (session: SessionRecord) => {
    using store = db.within(1000);
    const batch = store.batch();
    batch.set(SESSION, IDS, session);
    assertEquals(await store.commit(batch), true);
  };
  const read = async () => {
    using store = db.within(1000);
    return (await store.get(SESSION, IDS)).value;
  };
  const session = sessionOf(clock);
  await write(session);
  return { kv, clock, keyring, session, counted, write, read, [Symbol.dispose]: () => kv.close() };
}

Deno.test("a session that is read again is opened once, and its end still counts", async () => {
  using opened = await open();
  const { clock, session, counted, read } = opened;
  for (let i = 0; i < 3; i++) assertEquals(await read(), session);
  assertEquals(counted.count, 1);
  await clock.advance(LIFE_MS);
  assertEquals(await read(), null);
});

Deno.test("a session that was changed, removed or tampered with is read as it is now", async () => {
  using opened = await open();
  const { kv, keyring, session, counted, write, read } = opened;
  await read();
  await write({ ...session, epoch: 1 });
  assertEquals((await read())?.epoch, 1);
  assertEquals(counted.count, 2);
  await kv.delete(KEY);
  assertEquals(await read(), null);
  await kv.set(KEY, keyring.seal(JSON.stringify({ ...session, epoch: 2 }), KEY.join("/")));
  assertEquals((await read())?.epoch, 2);
  await kv.set(KEY, keyring.seal(JSON.stringify(session), "session/acc_2/ses_1"));
  const error = await read().then(() => null, ({ code }) => code);
  assertEquals(error, "storage_unavailable");
});

Deno.test("OpenedRecords remembers the last 1,000 records and those that are read again, and no failure", () => {
  const records = new OpenedRecords();
  const opened: number[] = [];
  const get = (n: number) => records.get(`place ${n}`, "1", () => opened.push(n));
  for (let n = 0; n < 3000; n++) {
    get(n);
    // This one is read again and again.
    get(7);
  }
  opened.length = 0;
  for (const n of [2999, 2000, 7, 8]) get(n);
  assertEquals(opened, [8]);
  const fail = () => {
    throw new Error("unreadable");
  };
  assertThrows(() => records.get("unreadable", "1", fail), Error);
  assertEquals(records.get("unreadable", "1", () => "read"), "read");
});
