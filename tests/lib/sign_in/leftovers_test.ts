import { assertEquals } from "@std/assert";
import { Leftovers } from "../../../lib/sign_in/leftovers.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const left = (claimId: string) => ({ claimId, token: null });

Deno.test("Leftovers remembers a code for ten minutes", () => {
  const clock = new FakeClock();
  const leftovers = new Leftovers(clock);
  leftovers.put("a", left("1"));
  clock.jump(10 * 60_000 - 1);
  assertEquals(leftovers.get("a")?.claimId, "1");
  clock.jump(1);
  assertEquals(leftovers.get("a"), undefined);
});

Deno.test("Leftovers forget leaves a code that a newer claim has left", () => {
  const leftovers = new Leftovers(new FakeClock());
  leftovers.put("a", left("1"));
  leftovers.put("a", left("2"));
  leftovers.forget("a", "1");
  assertEquals(leftovers.get("a")?.claimId, "2");
  leftovers.forget("a", "2");
  assertEquals([leftovers.get("a"), leftovers.size], [undefined, 0]);
});

Deno.test("Leftovers remembers 10,000 codes, and forgets the oldest", () => {
  const leftovers = new Leftovers(new FakeClock());
  for (let i = 0; i <= 10_000; i++) leftovers.put(`code ${i}`, left(String(i)));
  assertEquals([leftovers.size, leftovers.get("code 0"), leftovers.get("code 1")?.claimId], [
    10_000,
    undefined,
    "1",
  ]);
});
