/** What a lane finds out about the database from the times of its operations. */
import { assert, assertEquals } from "@std/assert";
import { Lane, type Sent, SILENT_AFTER_MS } from "../../../lib/kv/lane.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const FLOOR = 4;

class Bench {
  readonly clock = new FakeClock();
  readonly lane = new Lane(this.clock, FLOOR);

  send(units = 1): Sent {
    return this.lane.send({ units, since: this.clock.now(), fail() {} });
  }

  /** Sends `count` operations of which each comes back after `ms`. */
  serve(count: number, ms: number): void {
    const sent = Array.from({ length: count }, () => this.send());
    this.clock.jump(ms);
    for (const each of sent) this.lane.heard(each, "done");
  }
}

Deno.test("Lane lets its limit grow with each round of operations in time, while the limit is in use", () => {
  const { lane, ...bench } = new Bench();
  const { clock } = bench;
  const first = lane.limit;
  const round = (units: number) => {
    const sent = lane.send({ units, since: clock.now(), fail() {} });
    clock.jump(10);
    lane.heard(sent, "done");
  };
  round(1);
  assertEquals(lane.limit, first, "A limit that is not in use says nothing");
  round(first);
  assertEquals(lane.limit, 2 * first);
  round(2 * first);
  assertEquals(lane.limit, 4 * first);
});

Deno.test("Lane cuts its limit once for all operations that are late together", () => {
  const bench = new Bench();
  bench.serve(8, 1);
  const before = bench.lane.limit;
  bench.serve(8, 1400);
  assertEquals(bench.lane.limit, before * 0.7);
  bench.clock.jump(1);
  bench.serve(1, 1400);
  assertEquals(bench.lane.limit, before * 0.7 * 0.7);
});

Deno.test("Lane never cuts its limit below its floor", () => {
  const bench = new Bench();
  for (let i = 0; i < 20; i++) {
    bench.clock.jump(1);
    bench.serve(1, 1400);
  }
  assertEquals(bench.lane.limit, FLOOR);
});

Deno.test("Lane takes no operation of a database that is far away for late", () => {
  const bench = new Bench();
  const before = bench.lane.limit;
  for (let i = 0; i < 50; i++) bench.serve(1, 250);
  assertEquals(bench.lane.limit, before);
});

Deno.test("Lane is silent when nothing has come back for a while, and starts again from its floor", () => {
  const bench = new Bench();
  const { lane, clock } = bench;
  for (const _ of [1, 2]) lane.heard(bench.send(lane.limit), "done");
  const before = lane.limit;
  const first = bench.send();
  clock.jump(SILENT_AFTER_MS - 1);
  assertEquals([lane.silent, lane.limit], [false, before]);
  clock.jump(1);
  assertEquals([lane.silent, lane.limit, lane.quietMs], [true, FLOOR, SILENT_AFTER_MS]);
  lane.heard(first, "done");
  assertEquals([lane.silent, lane.limit, lane.recovering], [false, FLOOR, true]);
  // It comes back to the limit from before by doubling.
  for (const expected of [2 * FLOOR, 4 * FLOOR, 8 * FLOOR].map((limit) => Math.min(limit, before))) {
    const round = bench.send(lane.limit);
    clock.jump(10);
    lane.heard(round, "done");
    assertEquals(lane.limit, expected);
  }
});

Deno.test("Lane without an operation on its way is never silent", () => {
  const { lane, clock } = new Bench();
  clock.jump(60_000);
  assertEquals([lane.silent, lane.quietMs], [false, 0]);
});

Deno.test("Lane lets few operations hang in a silence, each after a longer pause", () => {
  const bench = new Bench();
  const { lane, clock } = bench;
  bench.send();
  const sentAt: number[] = [];
  const start = clock.now();
  for (let ms = 0; ms < 60_000; ms += 10) {
    clock.jump(10);
    if (!lane.silent || lane.pauseMs > 0) continue;
    bench.send();
    sentAt.push(clock.now() - start);
  }
  assert(lane.inFlight < 20, `${lane.inFlight} hang`);
  const pauses = sentAt.slice(1).map((at, i) => at - (sentAt[i] ?? 0));
  assert(pauses.every((pause, i) => pause >= (pauses[i - 1] ?? 0)), pauses.join());
  // One is on its way every five seconds, so the end of the silence is noticed.
  assertEquals(pauses.at(-1), 5000);
});

Deno.test("Lane counts an operation that never comes back for lost, once later ones have come back", () => {
  const bench = new Bench();
  const { lane, clock } = bench;
  bench.send(3);
  for (let i = 0; i < 11; i++) {
    bench.serve(1, 10);
    clock.jump(1000);
  }
  assertEquals([lane.inFlight, lane.outstanding], [0, 0]);
});

Deno.test("Lane failAll fails what is on its way, and what comes back of it later counts for nothing", () => {
  const { lane, clock } = new Bench();
  const failed: string[] = [];
  const sent = lane.send({ units: 2, since: clock.now(), fail: ({ message }) => failed.push(message) });
  clock.jump(SILENT_AFTER_MS);
  lane.failAll(new Error("replaced"));
  assertEquals([failed, lane.outstanding, lane.silent], [["replaced"], 0, false]);
  lane.heard(sent, "done");
  assertEquals(lane.outstanding, 0);
});

Deno.test("Lane is silent too when nothing has come back but failures, and a refusal is an answer", () => {
  const bench = new Bench();
  const { lane, clock } = bench;
  for (let ms = 0; ms < SILENT_AFTER_MS; ms += 100) {
    assertEquals(lane.silent, false);
    const sent = bench.send();
    clock.jump(100);
    lane.heard(sent, "failed");
  }
  assertEquals([lane.silent, lane.limit], [true, FLOOR]);
  // What fails leaves nothing behind, so one more is soon sent.
  assert(lane.pauseMs <= 500);
  clock.jump(60_000);
  assertEquals([lane.silent, lane.pauseMs], [true, 0]);
  lane.heard(bench.send(), "refused");
  assertEquals(lane.silent, false);
});

Deno.test("Lane fails when failures alone have come back for a while, and not after a single one", async () => {
  const clock = new FakeClock();
  const lane = new Lane(clock, FLOOR);
  const end = (outcome: "done" | "failed") =>
    lane.heard(lane.send({ units: 1, since: clock.now(), fail() {} }), outcome);
  end("failed");
  await clock.advance(60_000);
  assertEquals(lane.failing, false);
  end("done");
  for (const expected of [false, false, true]) {
    end("failed");
    assertEquals(lane.failing, expected);
    await clock.advance(250);
  }
  end("done");
  assertEquals(lane.failing, false);
});
