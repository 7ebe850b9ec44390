import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Problem } from "../../../lib/base/problem.ts";
import { HashQueue } from "../../../lib/passwords/hash_queue.ts";

Deno.test("HashQueue.run() runs one piece of work on each core, and the rest in the order of arrival", async () => {
  const queue = new HashQueue(2);
  const started: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const all = gates.map((gate, i) =>
    queue.run(() => {
      started.push(i);
      return gate.promise;
    })
  );
  await turn();
  assertEquals(started, [0, 1]);
  gates[1]?.resolve(1);
  await turn();
  assertEquals(started, [0, 1, 2]);
  gates[0]?.reject(new RangeError("A failure passes its turn on too"));
  await assertRejects(() => all[0] as Promise<number>, RangeError);
  await turn();
  assertEquals(started, [0, 1, 2, 3]);
  for (const [i, gate] of gates.entries()) gate.resolve(i);
  assertEquals(await Promise.all(all.slice(1)), [1, 2, 3, 4]);
});

Deno.test("HashQueue.run() never runs more work than there are cores", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 }),
    async (cores, lengths) => {
      const queue = new HashQueue(cores);
      let running = 0;
      let most = 0;
      const work = async (turns: number) => {
        most = Math.max(most, ++running);
        for (let i = 0; i < turns; i++) await Promise.resolve();
        running--;
      };
      // The second piece of work arrives while others wait and run.
      await Promise.all(lengths.map(async (turns) => {
        await queue.run(() => work(turns));
        await queue.run(() => work(turns));
      }));
      assertEquals(most, Math.min(cores, lengths.length));
    },
  ));
});

Deno.test("HashQueue.run() refuses work at once when 16 pieces wait for each core, and does not start it", async () => {
  const queue = new HashQueue(2, () => 0.5);
  const gate = Promise.withResolvers<void>();
  const all = Array.from({ length: 2 + 2 * 16 }, () => queue.run(() => gate.promise));
  let started = false;
  const refused = await assertRejects(
    () => queue.run(() => Promise.resolve(started = true)),
    Problem,
  );
  assertEquals([refused.code, refused.details.retryAfter, started], ["overloaded", 4, false]);
  gate.resolve();
  await Promise.all(all);
  assert(await queue.run(() => Promise.resolve(started = true)));
});

Deno.test("HashQueue keeps a place: its work is never refused, and too many places are", async () => {
  const queue = new HashQueue(2);
  const gate = Promise.withResolvers<void>();
  const places = Array.from({ length: 2 + 2 * 16 }, () => queue.keepPlace());
  for (const work of [() => queue.keepPlace(), () => queue.run(() => gate.promise)]) {
    try {
      await work();
    } catch (error) {
      assertEquals((error as Problem).code, "overloaded");
    }
  }
  const all = places.map((place) => queue.run(() => gate.promise, place));
  gate.resolve();
  await Promise.all(all);
  for (const place of [...places, ...places]) place[Symbol.dispose]();
  using again = queue.keepPlace();
  await queue.run(() => Promise.resolve(), again);
});

/** Waits until everything that is ready has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
