import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { newId, newSecret } from "../../../lib/base/ids.ts";

/** A time until the year 10889. A later time does not fit in 48 bits. */
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });

Deno.test("newId() makes ids that sort by time", () => {
  fc.assert(fc.property(time, time, (one, other) => {
    fc.pre(one !== other);
    const [earlier, later] = [Math.min(one, other), Math.max(one, other)];
    assert(newId(earlier) < newId(later));
  }));
});

Deno.test("newId() returns 32 hexadecimal digits that begin with the time", () => {
  fc.assert(fc.property(time, (now) => {
    const id = newId(now);
    assertMatch(id, /^[0-9a-f]{32}$/);
    assertEquals(parseInt(id.slice(0, 12), 16), now);
  }));
});

Deno.test("newId() returns different ids in the same millisecond", () => {
  assertEquals(new Set(Array.from({ length: 1000 }, () => newId(1))).size, 1000);
});

Deno.test("newSecret() returns 43 random characters of base64url", () => {
  const secrets = Array.from({ length: 1000 }, newSecret);
  for (const secret of secrets) assertMatch(secret, /^[A-Za-z0-9_-]{43}$/);
  assertEquals(new Set(secrets).size, 1000);
  // All 256 bits vary: no bit is fixed or missing.
  const bytes = secrets.map((secret) => Uint8Array.fromBase64(secret, { alphabet: "base64url" }));
  for (let bit = 0; bit < 256; bit++) {
    const set = bytes.filter((secret) => (secret[bit >> 3] ?? 0) & (1 << (bit & 7))).length;
    assert(set > 350 && set < 650, `bit ${bit} is set in ${set} of 1000`);
  }
});
