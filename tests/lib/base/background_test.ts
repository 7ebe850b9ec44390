/** Work in the background: once at a time for each name, and failures are logged. */
import { assert, assertEquals } from "@std/assert";
import { Background } from "../../../lib/base/background.ts";
import { createLog } from "../../../lib/base/log.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("Background runs work of one name once at a time, and once more when it was started meanwhile", async () => {
  const { background } = open();
  const ends: (() => void)[] = [];
  const work = () => new Promise<void>((resolve) => ends.push(resolve));
  background.start("a", work);
  background.start("b", work);
  await turn();
  assertEquals(ends.length, 2);
  for (let i = 0; i < 3; i++) background.start("a", work);
  await turn();
  assertEquals(ends.length, 2);
  ends[0]?.();
  await turn();
  assertEquals(ends.length, 3);
  let idle = false;
  background.idle().then(() => idle = true);
  ends[1]?.();
  await turn();
  assertEquals(idle, false);
  ends[2]?.();
  await turn();
  assertEquals([ends.length, idle], [3, true]);
});

Deno.test("Background logs a failure by its name and place, without its message, and goes on", async () => {
  const { background, log } = open();
  background.start("a", () => Promise.reject(new TypeError("a secret")));
  background.start("b", () => {
    throw new RangeError("a secret");
  });
  await background.idle();
  const failures = log.map(({ task, error }) => `${task} ${error}`);
  assertEquals(failures.toSorted(), ["a TypeError", "b RangeError"]);
  assert(!JSON.stringify(log).includes("a secret"));
  let ran = false;
  background.start("a", () => Promise.resolve(void (ran = true)));
  await background.idle();
  assert(ran);
});

function open() {
  const log: Record<string, unknown>[] = [];
  const write = (line: string) => log.push(JSON.parse(line));
  return { log, background: new Background(createLog({ level: "debug", clock: new FakeClock(), write })) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Background tells running work that it was started again, and does not run it again when it takes that", async () => {
  for (const takes of [true, false]) {
    const { background } = open();
    let runs = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    background.start("a", async (starts) => {
      runs++;
      if (runs > 1) return;
      assertEquals(starts.again, false);
      await starts.started();
      assertEquals(starts.again, true);
      if (takes) starts.take();
      resolve();
    });
    await turn();
    background.start("a", () => Promise.reject(new Error("Not this work")));
    await promise;
    await background.idle();
    assertEquals(runs, takes ? 1 : 2);
  }
});
