import { assert, assertEquals, assertRejects } from "@std/assert";
import { Deadline, DeadlineError, sleep, systemClock } from "../../../lib/base/clock.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("systemClock.now() returns the machine's time", () => {
  const before = Date.now();
  const now = systemClock.now();
  assert(before <= now && now <= Date.now());
});

Deno.test("systemClock.after() calls back, unless it is cancelled", async () => {
  const called: string[] = [];
  const cancel = systemClock.after(0, () => called.push("cancelled"));
  cancel();
  await new Promise<void>((resolve) => systemClock.after(1, resolve));
  assertEquals(called, []);
});

Deno.test("systemClock.after() uses one timer of the machine for all long timers, and calls each back at its time", () => {
  using machine = new FakeMachine();
  const rung: string[] = [];
  systemClock.after(6000, () => rung.push("sign-in"));
  const cancels = [2500, 2600].map((ms) => systemClock.after(ms, () => rung.push("cancelled")));
  systemClock.after(2550, () => rung.push("call"));
  assertEquals(machine.pending, 1);
  for (const cancel of cancels) cancel();
  machine.advance(2549);
  assertEquals(rung, []);
  machine.advance(1);
  assertEquals(rung, ["call"]);
  systemClock.after(1000, () => rung.push("set meanwhile"));
  machine.advance(3450);
  assertEquals(rung, ["call", "set meanwhile", "sign-in"]);
  assertEquals(machine.pending, 0);
});

Deno.test("systemClock.after() leaves no timer when its last long timer is cancelled", () => {
  using machine = new FakeMachine();
  const cancels = [2500, 6000].map((ms) => systemClock.after(ms, () => {}));
  for (const cancel of cancels) cancel();
  assertEquals(machine.pending, 0);
});

/** Replaces the timers and the time of the machine, so that a test controls them. */
class FakeMachine implements Disposable {
  readonly #real = { setTimeout, clearTimeout, now: performance.now };
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  #now = 0;
  #ids = 0;

  constructor() {
    performance.now = () => this.#now;
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, ms: number) => {
        this.#timers.set(++this.#ids, { at: this.#now + ms, callback });
        return this.#ids;
      },
      clearTimeout: (id: number) => this.#timers.delete(id),
    });
  }

  get pending(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    for (const end = this.#now + ms; this.#now < end;) {
      this.#now++;
      for (const [id, { at, callback }] of this.#timers) {
        if (at <= this.#now && this.#timers.delete(id)) callback();
      }
    }
  }

  [Symbol.dispose](): void {
    const { now, ...timers } = this.#real;
    Object.assign(globalThis, timers);
    performance.now = now;
  }
}

Deno.test("sleep() resolves at its time and not before", async () => {
  const clock = new FakeClock();
  let awake = false;
  const sleeping = sleep(clock, 100).then(() => awake = true);
  await clock.advance(99);
  assertEquals(awake, false);
  await clock.advance(1);
  assertEquals(await sleeping, true);
});

Deno.test("Deadline.race() settles like its promise when there is time", async () => {
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

Deno.test("Deadline.race() rejects when the time is up first", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  const never = assertRejects(() => deadline.race(new Promise(() => {})), DeadlineError, "Deadline exceeded");
  await clock.advance(100);
  await never;
  await assertRejects(() => deadline.race(new Promise(() => {})), DeadlineError);
});

Deno.test("Deadline.race() leaves no unhandled rejection when the promise fails too late", async () => {
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

Deno.test("Deadline.remaining counts down to 0 and not below", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  assertEquals(deadline.remaining, 100);
  await clock.advance(60);
  assertEquals(deadline.remaining, 40);
  await clock.advance(60);
  assertEquals(deadline.remaining, 0);
});

Deno.test("Deadline.signal aborts with a DeadlineError at its time", async () => {
  const clock = new FakeClock();
  using deadline = new Deadline(clock, 100);
  const { signal } = deadline;
  await clock.advance(99);
  assertEquals(signal.aborted, false);
  await clock.advance(1);
  assertEquals(signal.aborted, true);
  assert(signal.reason instanceof DeadlineError);
});

Deno.test("a disposed Deadline leaves no timer and never aborts", async () => {
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

Deno.test("a disposed Deadline has 0 remaining, so that no retry outlives the work", () => {
  const deadline = new Deadline(new FakeClock(), 100);
  deadline[Symbol.dispose]();
  assertEquals(deadline.remaining, 0);
});

Deno.test("Deadline.end() ends the time, and that of the deadlines within", async () => {
  const clock = new FakeClock();
  using outer = new Deadline(clock, 1000);
  using inner = outer.within(5000);
  using ended = outer.within(10);
  ended[Symbol.dispose]();
  assertEquals(inner.remaining, 1000);
  const waiting = inner.race(new Promise(() => {}));
  outer.end();
  await assertRejects(() => waiting, DeadlineError);
  assertEquals([outer.remaining, inner.remaining], [0, 0]);
  assertEquals([outer.signal.aborted, inner.signal.aborted, ended.signal.aborted], [true, true, false]);
});
