/** Two instances whose clocks differ by more than the margin of a lease. Amazon's `Date` tells them so. */
import { assertEquals } from "@std/assert";
import { assertProblem } from "../../support/contract_problems.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { TestService } from "../../support/test_service.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const WRONG_BY_MS = 10_000;

for (const [which, ms] of [["ahead", WRONG_BY_MS], ["behind", -WRONG_BY_MS]] as const) {
  Deno.test(`an instance whose clock is 10 s ${which} lets another one end its work on a code`, async () => {
    const wrapFetch = (fetch: typeof globalThis.fetch): typeof fetch => async (url, init) => {
      const response = await fetch(url, init);
      response.headers.set("date", new Date(right.clock.now()).toUTCString());
      return response;
    };
    await using right: TestService = await TestService.open({ wrapFetch });
    const { kv, simulator } = right;
    const clock = new FakeClock({ start: right.clock.now() + ms });
    await using wrong = await TestService.open({ kv, simulator, clock, wrapFetch });
    for (const [i, service] of [right, wrong].entries()) await service.signedIn(`new.${i}`);
    // The clock that is later is the one that takes over.
    const [first, second] = ms > 0 ? [right, wrong] : [wrong, right];
    const early = first.signIn("new~token-delay-300.9", { key: KEY });
    await right.clock.advance(100);
    await assertProblem(await second.signIn("new~token-delay-300.9", { key: KEY }), "code_in_progress");
    await right.clock.advance(300);
    assertEquals((await early).status, 201);
    assertEquals((await second.signIn("new~token-delay-300.9", { key: KEY })).status, 201);
    assertEquals(right.calls.token, 3);
  });
}
