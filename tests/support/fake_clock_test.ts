import { assertEquals } from "@std/assert";
import { sleep } from "../../lib/base/clock.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("FakeClock advance fires timers in order of time, those set on the way too", async () => {
  const clock = new FakeClock(1000);
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
  const clock = new FakeClock();
  const start = clock.now();
  const times: number[] = [];
  const done = (async () => {
    for (let count = 0; count < 3; count++) {
      await sleep(clock, 10);
      await new Promise((resolve) => setTimeout(resolve, 0));
      times.push(clock.now() - start);
    }
  })();
  await clock.advance(35);
  await done;
  assertEquals(times, [10, 20, 30]);
});

Deno.test("FakeClock after gives a function that cancels", async () => {
  const clock = new FakeClock();
  let fired = false;
  clock.after(10, () => fired = true)();
  await clock.advance(20);
  assertEquals([fired, clock.pending], [false, 0]);
});
