/** The pace at which tasks ask RVS. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Pace, PaceOverError, TURN_MS } from "../../../lib/purchases/pace.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("turns come 220 ms apart, at once for the first one, and end with the run", async () => {
  await using service = await TestService.open();
  const { clock } = service;
  const start = clock.now();
  const pace = (await Pace.take(service.services, start + 50_000))!;
  const turns: number[] = [];
  await service.answerOf(assertRejects(async () => {
    for (;;) {
      await pace.turn();
      turns.push(clock.now() - start);
    }
  }, PaceOverError));
  assertEquals(turns, Array.from({ length: Math.ceil(50_000 / TURN_MS) }, (_, i) => i * TURN_MS));
});

Deno.test("one instance at a time has turns, and the next one goes on where it stood", async () => {
  await using service = await TestService.open();
  const { clock, services } = service;
  const until = clock.now() + 50_000;
  const first = (await Pace.take(services, until))!;
  assertEquals(await Pace.take(services, until), null);
  for (let i = 0; i < 3; i++) await service.answerOf(first.turn());
  await first.release();
  const second = (await Pace.take(services, until))!;
  const before = clock.now();
  await service.answerOf(second.turn());
  assertEquals(clock.now() - before, TURN_MS);
});

Deno.test("an instance that stood still loses its lease, and asks no more", async () => {
  await using service = await TestService.open();
  const { clock, services } = service;
  const first = (await Pace.take(services, clock.now() + 100_000))!;
  clock.jump(20_000);
  const second = await Pace.take(services, clock.now() + 50_000);
  assert(second !== null);
  await service.answerOf(assertRejects(() => first.turn(), PaceOverError));
  await first.release();
  assertEquals(
    await Pace.take(services, clock.now() + 50_000),
    null,
    "it does not give away what it has lost",
  );
});
