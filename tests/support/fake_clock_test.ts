import { assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../lib/base/clock.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("FakeClock advance fires timers in order of time, those set on the way too", async () => {
  const clock = new FakeClock({ start: 1000 });
  const fired: [string, number][] = [];
  const note = (name: string) => () => fired.push([name, clock.now()]);
  clock.after(20, note("late"));
  clock.after(10, note("early"));
  clock.after(10, note("second early"));
  clock.after(5, () => clock.after(10, note("nested")));
  clock.after(31, note("later"));
  await clock.advance(30);
  assertEquals(fired, [["early", 1010], ["second early", 1010], ["nested", 1015], ["late", 1020]]);
  assertEquals([clock.now(), clock.pending], [1030, 1]);
});

Deno.test("FakeClock advance lets code that awaits run between timers", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const start = clock.now();
  const times: number[] = [];
  const done = (async () => {
    for (let count = 0; count < 3; count++) {
      await sleep(clock, 10);
      await kv.get(["a"]);
      times.push(clock.now() - start);
    }
  })();
  await clock.advance(35);
  await done;
  assertEquals(times, [10, 20, 30]);
});

Deno.test("FakeClock advanceUntil stops at the moment at which a promise resolves", async () => {
  using kv = await Deno.openKv(":memory:");
  const clock = new FakeClock();
  const work = async () => {
    await kv.set(["a"], 1);
    await sleep(clock, 20);
    await sleep(clock, 7.5);
    return (await kv.get(["a"])).value;
  };
  clock.after(100, () => {});
  assertEquals(await clock.advanceUntil(work()), { value: 1, ms: 28 });
  assertEquals(clock.pending, 1);
});

Deno.test("FakeClock advanceUntil throws when no timer is set or two minutes pass", async () => {
  const clock = new FakeClock();
  await assertRejects(() => clock.advanceUntil(new Promise(() => {}), 20), Error, "waits for nothing");
  await assertRejects(() => clock.advanceUntil(sleep(clock, 120_001)), Error, "more than two minutes");
  await assertRejects(() => clock.advanceUntil(Promise.reject(new TypeError("Gone"))), TypeError, "Gone");
});

Deno.test("FakeClock after returns a function that cancels the timer", async () => {
  const clock = new FakeClock();
  let fired = false;
  clock.after(10, () => fired = true)();
  await clock.advance(20);
  assertEquals([fired, clock.pending], [false, 0]);
});
