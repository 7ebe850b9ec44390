/** Mailed links: their lifetimes, and which of several links works. */
import { assertEquals } from "@std/assert";
import { EMAIL, signedUp } from "../../support/account_requests.ts";
import { deletionLink, open, resetLink } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

const HOUR_MS = 3_600_000;

Deno.test("a newer link replaces the older links, that of a nudge too", async () => {
  await using service = await TestService.open();
  const { account } = await service.signedIn("mork.1");
  await service.clock.advance(24 * HOUR_MS);
  await service.runDueTasks();
  const [nudge = ""] = /\/reset\/\S+/.exec(service.mails[0]?.text ?? "") ?? [];
  assertEquals((await open(service, nudge)).status, 200);
  const first = await resetLink(service, account.email);
  const second = await resetLink(service, account.email);
  assertEquals([nudge, first, second].map((link) => link.length), [71, 71, 71]);
  assertEquals((await open(service, nudge)).status, 404);
  assertEquals((await open(service, first)).status, 404);
  assertEquals((await open(service, second)).status, 200);
});

const LIVES: [string, number, (service: TestService) => Promise<string>][] = [
  ["a reset", HOUR_MS, async (service) => {
    await signedUp(service);
    return await resetLink(service, EMAIL);
  }],
  ["a nudge", 7 * 24 * HOUR_MS, async (service) => {
    await service.signedIn("mork.1");
    await service.clock.advance(24 * HOUR_MS);
    await service.runDueTasks();
    return /\/reset\/\S+/.exec(service.mails[0]?.text ?? "")?.[0] ?? "";
  }],
  ["a deletion", HOUR_MS, async (service) => {
    await signedUp(service);
    return await deletionLink(service, EMAIL);
  }],
];

for (const [kind, lifeMs, linkOf] of LIVES) {
  Deno.test(`the link of ${kind} works until its last millisecond`, async () => {
    await using service = await TestService.open();
    const link = await linkOf(service);
    await service.clock.advance(lifeMs - 1);
    assertEquals((await open(service, link)).status, 200);
    await service.clock.advance(1);
    assertEquals((await open(service, link)).status, 404);
  });
}
