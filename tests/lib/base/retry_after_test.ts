/** `Retry-After` as seconds, as a date, and as anything else. */
import { assertEquals } from "@std/assert";
import { retryAfterMs } from "../../../lib/base/retry_after.ts";

const NOW = Date.parse("2026-11-22T10:00:00Z");

for (
  const [text, ms] of [
    ["0", 0],
    ["1", 1000],
    [" 120 ", 120_000],
    ["Sun, 22 Nov 2026 10:00:30 GMT", 30_000],
    ["Sun, 22 Nov 2026 09:00:00 GMT", 0],
    ["1.5", 0],
    ["-1", 0],
    ["tomorrow", 0],
    ["", 0],
    ["9".repeat(30), 0],
  ] as const
) {
  Deno.test(`retryAfterMs() reads "${text}" as ${ms} milliseconds`, () => {
    assertEquals(retryAfterMs(new Response(null, { headers: { "retry-after": text } }), NOW), ms);
  });
}
