/** The grammar of the simulator's codes. */
import { assertEquals } from "@std/assert";
import { parseCode } from "../../../../lib/dev/simulator/codes.ts";

Deno.test("parseCode refuses faults that are unknown or have invalid arguments, and codes that are too long", () => {
  const faults = "token-delay token-delay-x token-429-2-3 token-500-2 token-199 token-600 token-redirect " +
    "token-redirect-304 token-html-204 token-drop-1 token-drop*0 token-drop* token-STATUS token-ServerError-200 " +
    "token-invalid_token profile-invalid_grant token-serverError refresh-drop token-toString";
  for (const fault of faults.split(" ")) assertEquals(parseCode(`new~${fault}.1`, ["a"]), undefined, fault);
  assertEquals(parseCode(`new.${"1".repeat(2045)}`, ["a"]), undefined);
  assertEquals(parseCode(`new.${"1".repeat(2044)}`, ["a"])?.nonce.length, 2044);
});
