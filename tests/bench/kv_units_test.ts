/** Limits for the units of Deno KV, which Deno Deploy charges for. */
import { assert, assertEquals } from "@std/assert";
import { costs } from "./kv_units.ts";

Deno.test("a new customer costs at most 9 write units, a known one 5, and a token check one read unit", async () => {
  const { "new": fresh, returning, "token check": check } = await costs();
  assert(fresh.writeUnits <= 9, `${fresh.writeUnits} of a new customer`);
  assert(returning.writeUnits <= 5, `${returning.writeUnits} of a returning one`);
  assertEquals([check.readUnits, check.writeUnits], [1, 0]);
});

Deno.test("a receipt costs a sign-in at most 4 units more, and nothing where none is sent", async () => {
  const { "new": fresh, returning, "new, a receipt": freshMore, "returning, a receipt": returningMore } =
    await costs();
  for (const [without, withReceipt] of [[fresh, freshMore], [returning, returningMore]]) {
    const more = withReceipt.writeUnits + withReceipt.readUnits - without.writeUnits - without.readUnits;
    assert(more > 0 && more <= 4, `${more} units more`);
  }
});
