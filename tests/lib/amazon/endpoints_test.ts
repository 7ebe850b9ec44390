/**
 * How the fields of Amazon's responses are read. What comes of each status and error code is tested by
 * `tests/promises/upstream_faults_test.ts`, through the whole service.
 */
import { assertEquals } from "@std/assert";
import { type AmazonProfile, interpretResponse, PROFILE, TOKEN } from "../../../lib/amazon/endpoints.ts";
import type { JsonObject } from "../../../lib/base/read_json.ts";

Deno.test("a token lives for expires_in seconds, or for an hour when that is no positive number", () => {
  const lifetimes: readonly [expiresIn: unknown, ms: number][] = [
    [3600, 3_600_000],
    ["60", 60_000],
    [1.5, 1500],
    [undefined, 3_600_000],
    [null, 3_600_000],
    [0, 3_600_000],
    [-1, 3_600_000],
    ["soon", 3_600_000],
    [Infinity, 3_600_000],
  ];
  for (const [expires_in, expiresInMs] of lifetimes) {
    const value = { access_token: "Atza|x", token_type: "bearer", expires_in };
    const result = interpretResponse(TOKEN, new Response(), { kind: "object", value });
    assertEquals(
      result.ok && result.value,
      { value: "Atza|x", expiresInMs, refreshToken: null },
      String(expires_in),
    );
  }
});

Deno.test("a profile has only user_id for sure", () => {
  assertEquals(readProfile({ user_id: "u" }), { user_id: "u", email: null, name: null, postal_code: null });
  assertEquals(readProfile({ user_id: "u".repeat(1024) })?.user_id, "u".repeat(1024));
});

Deno.test("the fields of a profile are cut at their bounds, between two characters", () => {
  const bounds = [["email", 320], ["name", 256], ["postal_code", 32]] as const;
  for (const [field, most] of bounds) {
    const read = (text: string) => readProfile({ user_id: "u", [field]: text })?.[field];
    assertEquals(read("ü".repeat(most)), "ü".repeat(most));
    assertEquals(read("ü".repeat(most + 1)), "ü".repeat(most));
    assertEquals(read("🧀".repeat(most + 1)), "🧀".repeat(most));
  }
});

Deno.test("name and postal code of a profile lose what the service takes from no customer", () => {
  const texts: readonly [sent: unknown, read: string | null][] = [
    ["  Mork \t", "Mork"],
    ["Mo\0rk\r\nfrom\u0085 Ork", "Morkfrom Ork"],
    ["Mork\ud800", "Mork\ufffd"],
    ["\u202ekroM\u202c\u2066 of\u2069 \u200fOrk\u2028\u2029", "kroM of Ork"],
    ["Ju\u0308rgen", "Ju\u0308rgen"],
    ["", null],
    [" \r\n ", null],
    [5, null],
    [["Mork"], null],
  ];
  for (const [sent, read] of texts) {
    assertEquals(readProfile({ user_id: "u", name: sent })?.name, read);
    assertEquals(readProfile({ user_id: "u", postal_code: sent })?.postal_code, read);
  }
});

Deno.test("the email of a profile is not changed within: it could become somebody else's", () => {
  for (const email of ["mo\0rk@ork.example", "mo\u202erk@ork.example", "mork@o\nrk.example"]) {
    assertEquals(readProfile({ user_id: "u", email: ` ${email}\n` })?.email, email);
  }
});

function readProfile(value: JsonObject): AmazonProfile | null {
  const result = interpretResponse(PROFILE, new Response(), { kind: "object", value });
  return result.ok ? result.value : null;
}
