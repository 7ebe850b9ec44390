/** The clock of development can be set forward. */
import { assertEquals } from "@std/assert";
import { TravellingClock } from "../../../lib/dev/travelling_clock.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("a travelling clock is ahead by what it has travelled, and its timers are those of the other clock", async () => {
  const other = new FakeClock();
  const clock = new TravellingClock(other);
  const start = other.now();
  clock.travel(86_400_000);
  clock.travel(1000);
  assertEquals(clock.now(), start + 86_401_000);
  const fired: number[] = [];
  clock.after(50, () => fired.push(clock.now()));
  clock.after(40, () => fired.push(0))();
  await other.advance(50);
  assertEquals(fired, [start + 86_401_050]);
});
