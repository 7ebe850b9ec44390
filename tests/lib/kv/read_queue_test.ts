/** Reads alone, and reads that go as one while the database has a queue. */
import { assert, assertEquals } from "@std/assert";
import { Connection } from "../../../lib/kv/connection.ts";
import { ReadQueue } from "../../../lib/kv/read_queue.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { type Read, wrapKv } from "../../support/kv_hooks.ts";
import { openMemoryKv } from "../../support/memory_kv.ts";
import { SlowKv } from "../../support/slow_kv.ts";

Deno.test("ReadQueue sends reads alone at once, and in groups while the database has a queue", async () => {
  using memory = openMemoryKv();
  for (let i = 0; i < 20; i++) await memory.set(["a", String(i)], i);
  const clock = new FakeClock();
  const server = new SlowKv(clock, { commitMs: 0, writeMs: 0, readMs: 50 });
  const sent: Read[] = [];
  const kv = wrapKv(server.wrap(memory), {
    read(read, perform) {
      sent.push(read);
      return perform();
    },
  });
  const queue = new ReadQueue(new Connection({ kv, clock }), clock);
  const read = (i: number, consistency: Deno.KvConsistencyLevel = "strong") => {
    const key = ["a", String(i)];
    return queue.run({ alone: async (kv) => [await kv.get(key, { consistency })], keys: [key], consistency });
  };
  const all = (consistency?: Deno.KvConsistencyLevel) =>
    Array.from({ length: 20 }, (_, i) => read(i, consistency));
  const valuesOf = async (reads: Promise<Deno.KvEntryMaybe<unknown>[]>[]) =>
    (await clock.advanceUntil(Promise.all(reads))).value.map(([entry]) => entry?.value);

  await clock.advanceUntil(read(0));
  const first = all();
  assertEquals(sent.length, 21, "Nothing waits before there is a queue");
  await clock.advance(600);
  const later = [...all(), ...all("eventual")];
  const values = Array.from({ length: 20 }, (_, i) => i);
  assertEquals(await valuesOf(first), values);
  assertEquals(await valuesOf(later), [...values, ...values]);
  const groups = sent.slice(21);
  assert(groups.length <= 6, `${groups.length} reads`);
  assert(groups.every(({ keys }) => keys.length <= 10));
  assertEquals(groups.map(({ keys }) => keys.length).reduce((a, b) => a + b), 40);
  assertEquals(clock.pending, 0);
});
