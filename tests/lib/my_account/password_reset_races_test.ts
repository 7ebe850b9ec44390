/** A reset at the same time as another request for its account. */
import { assert, assertEquals } from "@std/assert";
import {
  accountOf,
  EMAIL,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
} from "../../support/account_requests.ts";
import { deletionLink, linkIn, open, resetLink, submit } from "../../support/mailed_links.ts";
import { numRuns } from "../../support/num_runs.ts";
import { NEW, statusOf, submitPassword } from "../../support/reset_requests.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";

/** How often each race is run. */
const ROUNDS = numRuns({ quick: 3, full: 10 });

Deno.test("one of three resets by one link sets its password, and the others answer 410", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const link = await resetLink(service, EMAIL);
    const passwords = ["seven quiet herons", "eight loud magpies", "nine small wrens"];
    const pages = await Promise.all(passwords.map((password) => submitPassword(service, link, password)));
    assertEquals(pages.map(({ status }) => status).toSorted(), [200, 410, 410]);
    for (const [i, password] of passwords.entries()) {
      const expected = pages[i]?.status === 200 ? 200 : 401;
      assertEquals(await statusOf(signInByPassword(service, { password })), expected);
    }
  }
});

Deno.test("a sign-in with the old password is refused, or the reset signs its device out", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const link = await resetLink(service, EMAIL);
    const [signIn, page] = await Promise.all([signInByPassword(service), submitPassword(service, link)]);
    const { session_token: token }: SignedInBody = await signIn.json();
    assertEquals(page.status, 200);
    assert([200, 401].includes(signIn.status));
    if (signIn.status === 200) assertEquals(await accountOf(service, token), 401);
    assertEquals(await statusOf(signInByPassword(service)), 401);
  }
});

Deno.test("a one-click sign-in is asked to link, or the reset that unlinks signs its device out", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    await service.signedIn("mork.1");
    const link = await resetLink(service, MORK);
    const [signIn, page] = await Promise.all([
      service.signIn("mork.2"),
      submitPassword(service, link, NEW, { unlink: "on" }),
    ]);
    const { session_token: token }: SignedInBody = await signIn.json();
    assertEquals(page.status, 200);
    assert([200, 409].includes(signIn.status));
    if (signIn.status === 200) assertEquals(await accountOf(service, token), 401);
    assertEquals(await statusOf(service.signIn("mork.3")), 409);
  }
});

Deno.test("a deletion and a reset leave no record of the account, in either order", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const reset = await resetLink(service, EMAIL);
    const deletion = await deletionLink(service, EMAIL);
    const [chosen, deleted] = await Promise.all([
      submitPassword(service, reset),
      submit(service, deletion, { confirm: "yes" }),
    ]);
    assertEquals(deleted.status, 200);
    assert([200, 404].includes(chosen.status));
    await service.runDueTasks();
    for (const password of [PASSWORD, NEW]) {
      assertEquals(await statusOf(signInByPassword(service, { password })), 401);
    }
    const { account, email, session, mailed_link } = await service.stored();
    assertEquals([account, email, session, mailed_link], [undefined, undefined, undefined, undefined]);
  }
});

Deno.test("a newer mail replaces the link before the reset, or is requested after it", async () => {
  for (let round = 0; round < ROUNDS; round++) {
    await using service = await TestService.open();
    await signedUp(service);
    const link = await resetLink(service, EMAIL);
    const [page, asked] = await Promise.all([
      submitPassword(service, link),
      service.send("POST", "/v1/password-resets", { email: EMAIL }),
    ]);
    await asked.body?.cancel();
    await service.runDueTasks();
    assertEquals(asked.status, 202);
    assert([200, 404].includes(page.status));
    const signedIn = await statusOf(signInByPassword(service, { password: NEW }));
    assertEquals(signedIn, page.status === 200 ? 200 : 401);
    // At most one link is valid.
    const statuses = await Promise.all(
      [link, linkIn(service)].map(async (path) => (await open(service, path)).status),
    );
    assert(statuses.filter((status) => status === 200).length <= 1);
  }
});
