/** A stop that cannot wait any longer: what is under way is told to come again, and another process goes on with it. */
import { assertEquals } from "@std/assert";
import { TestService } from "../../support/test_service.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";

/** What Amazon is slow with, and what another process then answers with so many requests for a token in all. */
const SLOW: readonly (readonly [string, string, number, number])[] = [
  ["token that comes in the last moments is kept", "new~token-delay-500.1", 201, 1],
  ["profile that is awaited is given up, and its token kept", "new~profile-hang*1.2", 201, 1],
  ["token that does not come is given up, and its code released", "new~token-hang*1.3", 400, 2],
];

for (const [what, code, status, tokenRequests] of SLOW) {
  Deno.test(`at the end of a stop, a ${what}`, async () => {
    await using service = await TestService.open();
    const { kv, clock, simulator } = service;
    await using other = await TestService.open({ kv, clock, simulator });
    const first = service.signIn(code, { key: KEY });
    await clock.advance(100);
    const cut = service.services.stopping.cut();
    await clock.advance(1000);
    await cut;
    if (status === 201) assertEquals((await (await first).json()).next, "retry");
    assertEquals((await other.answerOf(other.signIn(code, { key: KEY }))).status, status);
    assertEquals(service.calls.token, tokenRequests);
    await service.answerOf(first);
  });
}
