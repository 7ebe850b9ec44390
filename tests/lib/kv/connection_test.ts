/** A connection that goes silent, and the one that takes its place. */
import { assertEquals, assertRejects } from "@std/assert";
import { createLog } from "../../../lib/base/log.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { REOPEN_AFTER_MS } from "../../../lib/kv/connection.ts";
import { Database } from "../../../lib/kv/database.ts";
import { Keyring } from "../../../lib/kv/keyring.ts";
import { SILENT_AFTER_MS } from "../../../lib/kv/lane.ts";
import { EMAIL } from "../../../lib/kv/schema.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { wrapKv } from "../../support/kv_hooks.ts";

const keyring = new Keyring([{ id: "k1", secret: new Uint8Array(32) }]);
const POINTER = { v: 1 as const, account_id: "acc_1" };

/** A database whose connections can be silent. */
class Bench implements Disposable {
  readonly clock = new FakeClock();
  readonly log: string[] = [];
  /** The operations that were sent on silent connections. */
  hanging = 0;
  opened = 0;
  closed = 0;
  silent: "first" | "all" | "none" = "first";
  readonly db: Database;

  private constructor(readonly kv: Deno.Kv) {
    const write = (line: string) => this.log.push(JSON.parse(line).message);
    const log = createLog({ level: "info", clock: this.clock, write });
    this.db = new Database({
      kv: this.#connect("first"),
      openKv: () => (this.opened++, Promise.resolve(this.#connect("later"))),
      keyring,
      clock: this.clock,
      log,
      random: () => 0,
    });
  }

  static async open(): Promise<Bench> {
    return new Bench(await Deno.openKv(":memory:"));
  }

  #connect(which: "first" | "later"): Deno.Kv {
    const hang = <T>(perform: () => Promise<T>): Promise<T> => {
      const hangs = this.silent === "all" || this.silent === which;
      if (hangs) this.hanging++;
      return hangs ? new Promise(() => {}) : perform();
    };
    const kv = wrapKv(this.kv, {
      read: (_, perform) => hang(perform),
      commit: (_, perform) => hang(() => perform()),
    });
    return Object.assign(kv, { close: () => void this.closed++ });
  }

  async write(id: string, ms = 20_000): Promise<void> {
    using store = this.db.within(ms);
    const batch = store.batch();
    batch.set(EMAIL, [id], POINTER);
    await store.commit(batch);
  }

  [Symbol.dispose](): void {
    this.kv.close();
  }
}

Deno.test("Connection is replaced when nothing comes back, and what hangs is sent again on the new one", async () => {
  using bench = await Bench.open();
  const { clock, db } = bench;
  const writes = Array.from({ length: 6 }, (_, i) => bench.write(`e${i}`));
  await clock.advance(SILENT_AFTER_MS + 100);
  // The next request finds the silence, and is refused at once. No request is needed to have the database opened anew.
  await assertRejects(() => bench.write("refused"), Problem);
  await clock.advance(REOPEN_AFTER_MS - SILENT_AFTER_MS);
  await Promise.all(writes);
  assertEquals([bench.opened, bench.closed, db.silentMs], [1, 1, 0]);
  assertEquals((await bench.kv.get(["email", "e5"])).value, POINTER);
  await bench.write("later");
  assertEquals(bench.log, ["database_silent", "database_reopened", "database_back"]);
  assertEquals(clock.pending, 0);
});

Deno.test("Connection lets a few dozen operations hang while the database is away, and works when it is back", async () => {
  using bench = await Bench.open();
  bench.silent = "all";
  for (let second = 0; second < 90; second++) {
    for (let i = 0; i < 40; i++) bench.write(`e${second}-${i}`, 5000).catch(() => {});
    await bench.clock.advance(1000);
  }
  if (bench.hanging > 60) throw new Error(`${bench.hanging} operations hang`);
  bench.silent = "none";
  // What hangs stays lost: a probe or a new connection finds out.
  for (let second = 0; second < 10 && bench.db.silentMs > 0; second++) {
    bench.write("asks", 5000).catch(() => {});
    await bench.clock.advance(1000);
  }
  assertEquals(bench.db.silentMs, 0);
  await bench.clock.advanceUntil(bench.write("back"));
  assertEquals((await bench.kv.get(["email", "back"])).value, POINTER);
});

Deno.test("Database ping lets the database write every five seconds, and tells a full disk by its name", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  let commits = 0;
  let full = false;
  const hooked = wrapKv(kv, {
    commit(_, perform) {
      commits++;
      return full ? Promise.reject(new Error("database or disk is full")) : perform();
    },
  });
  const db = new Database({ kv: hooked, keyring, clock });
  const seen: number[] = [];
  for (let second = 0; second < 12; second++) {
    await db.ping();
    clock.jump(1000);
    seen.push(commits);
  }
  assertEquals([seen[4], seen[5], seen[9], seen[10]], [0, 1, 1, 2]);
  full = true;
  clock.jump(5000);
  const problem = await assertRejects(() => clock.advanceUntil(db.ping()), Problem);
  assertEquals([problem.code, Object(problem.cause).code], ["storage_unavailable", "full"]);
  // The answer counts until the next write is due.
  const before = commits;
  await assertRejects(() => db.ping(), Problem);
  assertEquals(commits, before);
  full = false;
  clock.jump(5000);
  await db.ping();
  assertEquals([...await Array.fromAsync(kv.list({ prefix: [] }))], []);
});

Deno.test("a full disk is noted by the first commit that finds it; then nothing is sent but reads, and that is no silence", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  let commits = 0;
  const hooked = wrapKv(kv, {
    commit() {
      commits++;
      return Promise.reject(new Error("database or disk is full"));
    },
  });
  const disk = { full: false, noteFull: () => void (disk.full = true) };
  const db = new Database({ kv: hooked, disk, keyring, clock });
  using store = db.within(3000);
  const write = async () => {
    const batch = store.batch();
    batch.set(EMAIL, ["vera"], POINTER);
    const problem = await assertRejects(() => store.commit(batch), Problem);
    assertEquals([problem.code, Object(problem.cause).code], ["storage_unavailable", "full"]);
  };
  await write();
  await clock.advance(2000);
  await write();
  assertEquals([commits, disk.full, db.silentMs], [1, true, 0]);
  assertEquals((await store.get(EMAIL, ["vera"])).value, null);
  await assertRejects(() => db.ping(), Problem);
  disk.full = false;
  await db.ping();
});
