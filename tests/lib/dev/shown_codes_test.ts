/** Codes that documents show: good again and again in development, and only there. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ShownCodes } from "../../../lib/dev/shown_codes.ts";
import { createSimulator } from "../../../lib/dev/simulator/simulator.ts";
import { FakeClock } from "../../support/fake_clock.ts";

function setUp() {
  const clock = new FakeClock();
  const codes = new ShownCodes({ clock, issueCode: createSimulator({ clock }).issueCode });
  const codeOf = async (code: unknown, key?: string, path = "/v1/sessions/amazon") => {
    const headers: HeadersInit = key === undefined ? {} : { "idempotency-key": key };
    const body = JSON.stringify({ code, app: "tv" });
    const request = new Request(`http://localhost${path}`, { method: "POST", headers, body });
    const replaced = await codes.replace(request);
    assertEquals([replaced.url, replaced.headers.get("idempotency-key")], [request.url, key ?? null]);
    const json = await replaced.json();
    assertEquals(json.app, "tv");
    return json.code;
  };
  return { clock, codeOf, codes };
}

for (const [shown, pattern] of [["new", /^new\../], ["SplxlOBezQQYbYS6WxSbIA", /^mork\../]] as const) {
  Deno.test(`${shown} becomes a new code each time, and the same one for the same key while answers are repeated`, async () => {
    const { clock, codeOf } = setUp();
    const first = await codeOf(shown);
    assertMatch(first, pattern);
    assert(await codeOf(shown) !== first);
    const keyed = await codeOf(shown, "the-key-of-a-device");
    assertEquals(await codeOf(shown, "the-key-of-a-device"), keyed);
    assert(await codeOf(shown, "the-key-of-another") !== keyed);
    await clock.advance(9 * 60_000);
    assert(await codeOf(shown, "the-key-of-a-device") !== keyed);
  });
}

Deno.test("a scenario with faults becomes a code with the same faults", async () => {
  const { codeOf } = setUp();
  assertMatch(await codeOf("new~token-503*1~profile-503*1"), /^new~token-503\*1~profile-503\*1\../);
});

Deno.test("every other code and request stays as it is", async () => {
  const { codeOf, codes } = setUp();
  for (const code of ["new.1", "nobody", "mork@foodev.7", "", 7, null]) {
    assertEquals(await codeOf(code), code);
  }
  assertEquals(await codeOf("new", undefined, "/v1/sessions"), "new");
  const broken = new Request("http://localhost/v1/sessions/amazon", { method: "POST", body: "{" });
  assertEquals(await (await codes.replace(broken)).text(), "{");
});
