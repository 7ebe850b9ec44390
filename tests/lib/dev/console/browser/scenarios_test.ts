/** The codes of the console's scenarios. */
import { assert, assertEquals } from "@std/assert";
import { codeOf, SCENARIOS } from "../../../../../lib/dev/console/browser/scenarios.ts";
import { parseCode } from "../../../../../lib/dev/simulator/codes.ts";

Deno.test("codeOf returns valid codes of the simulator that differ but name the same person", () => {
  for (const scenario of SCENARIOS) {
    const codes = [-1, 0, 1, 2].map((turn) =>
      codeOf({ scenario, customer: scenario.customer, person: "9f86d081", turn })
    );
    assertEquals(new Set(codes).size, 4);
    const userIds = codes.map((code) => {
      const parsed = parseCode(code, ["foodev"]);
      return parsed?.customer.profile(parsed.nonce).user_id;
    });
    assertEquals(new Set(userIds).size, 1);
    assert(userIds[0] !== undefined, codes[0]);
  }
});
