import { assert, assertEquals, assertRejects } from "@std/assert";
import { Deadline, DeadlineError, sleep, systemClock } from "../lib/clock.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("systemClock tells the machine's time", () => {
  const before = Date.now();
  const now = systemClock.now();
  assert(before <= now && now <= Date.now());
});

Deno.test("systemClock after calls back, unless it is cancelled", async () => {
  const called: string[] = [];
  const cancel = systemClock.after(0, () => called.push("cancelled"));
  cancel();
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  assertEquals(called, []);
});

Deno.test("systemClock lets long timers ring in their order, whatever is set and cancelled between", async () => {
  const rung: string[] = [];
  const { promise: over, resolve } = Promise.withResolvers<void>();
  systemClock.after(520, () => {
    rung.push("second");
    resolve();
  });
  const cancel = systemClock.after(505, () => rung.push("cancelled"));
  systemClock.after(500, () => rung.push("first"));
  systemClock.after(60_000, () => rung.push("late"))();
  cancel();
  await over;
  assertEquals(rung, ["first", "second"]);
});

Deno.test("systemClock after sets no timer of the machine when its last one is cancelled", () => {
  // The sanitizer of this test fails for one that is left.
  systemClock.after(10_000, () => {})();
});

Deno.test("sleep resolves when its time has come and not before", async () => {
  const clock = new FakeClock();
  let awake = false;
  const sleeping = sleep(clock, 100).then(() => awake = true);
  await clock.advance(99);
  assertEquals(awake, false);
  await clock.advance(1);
  assertEquals(await sleeping, true);
});

Deno.test("Deadline race settles as its promise does when there is time", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  assertEquals(await deadline.race(Promise.resolve("value")), "value");
  await assertRejects(
    () => deadline.race(Promise.reject(new RangeError("own fault"))),
    RangeError,
    "own fault",
  );
  const slow = deadline.race(sleep(clock, 99).then(() => "just in time"));
  await clock.advance(99);
  assertEquals(await slow, "just in time");
});

Deno.test("Deadline race rejects when the time is up first", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  const never = assertRejects(() => deadline.race(new Promise(() => {})), DeadlineError, "Deadline exceeded");
  await clock.advance(100);
  await never;
  await assertRejects(() => deadline.race(new Promise(() => {})), DeadlineError);
});

Deno.test("Deadline race leaves no rejection behind when the promise fails too late", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  const late = Promise.withResolvers<never>();
  const racing = assertRejects(() => deadline.race(late.promise), DeadlineError);
  await clock.advance(100);
  await racing;
  // An unhandled rejection would fail this test.
  late.reject(new Error("Nobody waits any more"));
  await clock.advance(0);
});

Deno.test("Deadline remaining counts down to 0 and no further", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  assertEquals(deadline.remaining, 100);
  await clock.advance(60);
  assertEquals(deadline.remaining, 40);
  await clock.advance(60);
  assertEquals(deadline.remaining, 0);
});

Deno.test("Deadline signal aborts with a DeadlineError at its time", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  const { signal } = deadline;
  await clock.advance(99);
  assertEquals(signal.aborted, false);
  await clock.advance(1);
  assertEquals(signal.aborted, true);
  assert(signal.reason instanceof DeadlineError);
});

Deno.test("Deadline that was disposed of leaves no timer and never fires", async () => {
  const clock = new FakeClock();
  let signal: AbortSignal;
  {
    using deadline = new Deadline(clock, 100);
    signal = deadline.signal;
    assertEquals(clock.pending, 1);
  }
  assertEquals(clock.pending, 0);
  await clock.advance(200);
  assertEquals(signal.aborted, false);
});

Deno.test("Deadline remaining is nothing once it was disposed of, so that no retry outlives the work", () => {
  const deadline = new Deadline(new FakeClock(), 100);
  deadline[Symbol.dispose]();
  assertEquals(deadline.remaining, 0);
});
