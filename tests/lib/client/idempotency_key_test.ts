/** The keys of a device on engines with and without a working `crypto`. */
import { assertEquals, assertMatch } from "@std/assert";
import { newIdempotencyKey } from "../../../lib/client/idempotency_key.ts";

for (
  const [title, value] of [
    ["works", crypto],
    ["is missing", undefined],
    ["has no getRandomValues", {}],
    ["throws", {
      getRandomValues: () => {
        throw new Error("Not seeded");
      },
    }],
  ] as const
) {
  Deno.test(`newIdempotencyKey gives another 32 hexadecimal digits each time when crypto ${title}`, () => {
    const original = Object.getOwnPropertyDescriptor(globalThis, "crypto")!;
    Object.defineProperty(globalThis, "crypto", { configurable: true, value });
    try {
      const keys = Array.from({ length: 100 }, newIdempotencyKey);
      for (const key of keys) assertMatch(key, /^[0-9a-f]{32}$/);
      assertEquals(new Set(keys).size, 100);
    } finally {
      Object.defineProperty(globalThis, "crypto", original);
    }
  });
}
