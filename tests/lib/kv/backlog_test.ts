import { assert, assertEquals } from "@std/assert";
import { Backlog } from "../../../lib/kv/backlog.ts";
import { seeded } from "../../support/seeded_random.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const mean = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

Deno.test("Backlog tells the first device to come back at once, and later ones later, up to a bound", () => {
  const backlog = new Backlog(new FakeClock(), seeded(1));
  const waits = Array.from({ length: 300 }, () => backlog.turnAway(10));
  assertEquals(waits[0], 1);
  assert(waits.every((wait) => Number.isInteger(wait) && wait >= 1 && wait <= 15));
  const tenths = Array.from({ length: 3 }, (_, i) => mean(waits.slice(i * 50, (i + 1) * 50)));
  assert(tenths.every((wait, i) => i === 0 || wait > (tenths[i - 1] ?? 0)), tenths.join());
});

Deno.test("Backlog spreads the devices that are turned away at one moment", () => {
  const backlog = new Backlog(new FakeClock(), seeded(1));
  const waits = Array.from({ length: 300 }, () => backlog.turnAway(20));
  const most = Math.max(...Map.groupBy(waits, (wait) => wait).values().map(({ length }) => length));
  assert(new Set(waits).size >= 5 && most < 150, `${most} come back in one second`);
  const unknown = new Set(Array.from({ length: 100 }, () => backlog.turnAwayUnknown()));
  assertEquals([...unknown].toSorted(), [1, 2, 3]);
});

Deno.test("Backlog forgets devices whose time has come", () => {
  const clock = new FakeClock();
  const backlog = new Backlog(clock, () => 0.5);
  for (let i = 0; i < 100; i++) backlog.turnAway(10);
  const late = backlog.turnAway(10);
  clock.jump(11_000);
  assert(late > 2);
  assertEquals(backlog.turnAway(10), 1);
});

Deno.test("Backlog knows how much work was begun in a second, lately", () => {
  const clock = new FakeClock();
  const backlog = new Backlog(clock, () => 0);
  for (let i = 0; i < 500; i++) {
    clock.jump(20);
    backlog.begun();
  }
  assert(Math.abs(backlog.perSecond - 50) < 5, `${backlog.perSecond}`);
  clock.jump(20_000);
  assert(backlog.perSecond < 0.1);
});
