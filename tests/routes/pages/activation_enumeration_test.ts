/**
 * The pages of `/activate` tell a stranger no more than sign-up does about who has an account: with every way, an email
 * with an account and one without get the same page, for the same trips and hashes.
 */
import { assertEquals } from "@std/assert";
import { countHashing, EMAIL, MORK, signedUp } from "../../support/account_requests.ts";
import { scannedTv } from "../../support/activation_requests.ts";
import { type Page, submit } from "../../support/mailed_links.ts";
import { countTrips } from "../../support/session_requests.ts";
import { TestService } from "../../support/test_service.ts";

const NOBODY = "nobody@example.com";
/** Accounts with a password, without one, and none. All emails have another length: pages are compared without them. */
const EMAILS = [EMAIL, MORK, NOBODY];

interface Seen {
  readonly page: Pick<Page, "status" | "html">;
  readonly trips: Record<string, number>;
  readonly hashes: number;
}

for (const way of ["sign_in", "mail"]) {
  Deno.test(`a stranger sees no difference between emails by ${way}`, async () => {
    const seen = [];
    for (const email of EMAILS) seen.push(await look(way, email));
    for (const one of seen) assertEquals(one, seen[0]);
  });
}

Deno.test("a stranger learns by sign-up on a phone what POST /v1/accounts tells, and is counted in the same way", async () => {
  await using service = await TestService.open();
  await signedUp(service, {});
  const { path } = await scannedTv(service);
  const send = (email: string) => submit(service, path, { email, password: "wrong password", do: "sign_up" });
  for (let i = 1; i < 10; i++) assertEquals((await send(EMAIL)).status, 422);
  assertEquals((await send(EMAIL)).status, 429);
  assertEquals((await send(NOBODY)).status, 429);
  const api = await service.send("POST", "/v1/accounts", { email: NOBODY, password: "wrong password" });
  assertEquals(api.status, 429);
});

/** Sends a form with an email from the page of a TV, on a service of its own. */
async function look(way: string, email: string): Promise<Seen> {
  const { counts, wrapKv } = countTrips();
  await using service = await TestService.open({ wrapKv });
  await signedUp(service);
  await service.signedIn("mork.1");
  const { tv, path } = await scannedTv(service);
  // Sending is the same work later, in the background.
  service.services.background.start = () => {};
  using hashing = countHashing();
  const before: Record<string, number> = { ...counts };
  const { status, html } = await submit(service, path, { email, password: "wrong password", do: way });
  const trips = Object.entries(counts).map(([name, count]) => [name, count - (before[name] ?? 0)]);
  return {
    page: { status, html: html.replaceAll(email, "EMAIL").replaceAll(tv.user_code, "CODE") },
    trips: Object.fromEntries(trips),
    hashes: hashing.count,
  };
}
