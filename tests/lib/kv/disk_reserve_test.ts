/** What is kept of the disk, and given up when it is full. The room of the disk is made up; the files are real. */
import { assertEquals } from "@std/assert";
import { createLog } from "../../../lib/base/log.ts";
import { DiskReserve, filesOf, type Room } from "../../../lib/kv/disk_reserve.ts";
import { MAY_RUN } from "../../support/child_process.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const MB = 1024 * 1024;
const DISK = 1000 * MB;

/** A disk with a database file, and a reserve of this process. */
class Bench implements Disposable {
  readonly clock = new FakeClock();
  readonly folder = Deno.makeTempDirSync({ prefix: "oneclick-reserve-" });
  readonly path = `${this.folder}/kv.sqlite3`;
  readonly events: string[] = [];
  room: Room | null = { free: DISK, total: DISK };
  readonly disk = this.process();

  process(): DiskReserve {
    const log = createLog({
      level: "info",
      clock: this.clock,
      write: (line) => this.events.push(JSON.parse(line).message),
    });
    return new DiskReserve({
      path: this.path,
      clock: this.clock,
      log,
      roomOf: () => Promise.resolve(this.room),
    });
  }

  /** The size of the reserve in megabytes; null when there is none. */
  get reserve(): number | null {
    const [, reserve] = filesOf(this.path);
    try {
      return Deno.statSync(reserve).size / MB;
    } catch {
      return null;
    }
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function test(name: string, run: (bench: Bench) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !MAY_RUN,
    async fn() {
      using bench = new Bench();
      await run(bench);
    },
  });
}

test("DiskReserve keeps 8 MB of a disk, and an eighth of a small one", async (bench) => {
  await bench.disk.look();
  assertEquals([bench.reserve, bench.disk.full, bench.events], [8, false, []]);
  using small = new Bench();
  small.room = { free: 6 * MB, total: 6 * MB };
  await small.disk.look();
  assertEquals(small.reserve, 0.75);
});

test("DiskReserve gives the reserve up before the disk is full, and takes it again when there is room for both", async (bench) => {
  await bench.disk.look();
  bench.room = { free: 3 * MB, total: DISK };
  await bench.disk.look();
  assertEquals([bench.reserve, bench.disk.full], [null, true]);
  // What was given up is no room.
  bench.room = { free: 11 * MB, total: DISK };
  await bench.disk.look();
  assertEquals([bench.reserve, bench.disk.full], [null, true]);
  bench.room = { free: 13 * MB, total: DISK };
  await bench.disk.look();
  assertEquals([bench.reserve, bench.disk.full], [8, false]);
  assertEquals(bench.events, ["disk_full", "disk_has_room"]);
});

test("DiskReserve of another process on the same file follows", async (bench) => {
  const other = bench.process();
  await bench.disk.look();
  await other.look();
  bench.disk.noteFull();
  bench.room = { free: 8 * MB, total: DISK };
  await other.look();
  assertEquals(other.full, true);
  bench.room = { free: DISK, total: DISK };
  await other.look();
  await bench.disk.look();
  assertEquals([other.full, bench.disk.full, bench.reserve], [false, false, 8]);
});

test("DiskReserve of a process that may not know the room goes by writes that fail", async (bench) => {
  bench.room = null;
  await bench.disk.look();
  assertEquals(bench.reserve, 8);
  bench.disk.noteFull();
  assertEquals([bench.reserve, bench.disk.full], [null, true]);
  await bench.disk.look();
  assertEquals([bench.reserve, bench.disk.full], [8, false]);
});

test("DiskReserve leaves its reserve alone at a start with room, and looks every five seconds", async (bench) => {
  await bench.disk.look();
  const next = bench.process();
  await next.beforeOpen();
  assertEquals([next.full, bench.reserve, Array.from(Deno.readDirSync(bench.folder)).length], [false, 8, 1]);
  next.watch();
  bench.room = { free: 0, total: DISK };
  await bench.clock.advance(1000);
  assertEquals(next.full, true);
});

test("DiskReserve says once that it cannot be made", async (bench) => {
  Deno.mkdirSync(`${filesOf(bench.path)[2]}/in the way`, { recursive: true });
  await bench.disk.look();
  await bench.disk.look();
  assertEquals([bench.reserve, bench.disk.full, bench.events], [null, false, ["no_disk_reserve"]]);
});
