/** `DELETE /v1/account` removes all records of the customer, for customers with every kind of record. */
import { assert, assertEquals } from "@std/assert";
import { parseEmail } from "../../../lib/base/email.ts";
import { requestEmailChange, requestEmailVerification } from "../../../lib/my_account/email_change.ts";
import { requestLink } from "../../../lib/my_account/link_request.ts";
import { authenticate } from "../../../lib/sessions/authentication.ts";
import { MORK, PASSWORD, signedUp, signInByPassword, ticketOf } from "../../support/account_requests.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { emailChangeLink } from "../../support/email_requests.ts";
import { DEVICE, KnownCustomer, NEW_EMAIL, recordsOf, USER_ID } from "../../support/known_customer.ts";
import { TestService } from "../../support/test_service.ts";

const DAY_MS = 86_400_000;

/** The records of a new customer, who signed in by one click. */
const OF_ONE_CLICK = {
  event: 1,
  account: 1,
  amazon_user: 1,
  email: 1,
  exchange: 1,
  code_result: 1,
  session: 1,
};

/** What customers did before, and how many records of each kind that makes: so no case is empty. */
const CUSTOMERS: Record<
  string,
  {
    readonly make: (known: KnownCustomer, service: TestService) => Promise<void>;
    readonly kinds: Record<string, number>;
  }
> = {
  "one device, a temporary password and a nudge that is not due yet": {
    async make(known) {
      await known.oneClick("mork.1");
    },
    kinds: {
      ...OF_ONE_CLICK,
      task: 1,
    },
  },
  "a nudge that was mailed": {
    async make(known, service) {
      await known.oneClick("mork.1");
      await service.clock.advance(DAY_MS);
      await service.runDueTasks();
      assertEquals(service.mails.length, 1);
    },
    kinds: {
      ...OF_ONE_CLICK,
      mailed_link: 1,
    },
  },
  "valid links, newer mails that wait, and counted tries": {
    async make(known, service) {
      await known.oneClick("mork.1");
      const request = (kind: "password_reset" | "account_deletion") =>
        requestLink(service.services, { kind, email: known.email, client: "192.0.2.9" });
      await request("password_reset");
      await request("account_deletion");
      await service.runDueTasks();
      assertEquals(service.mails.length, 2);
      await request("password_reset");
      await signInByPassword(service, { email: known.email.display });
    },
    kinds: {
      ...OF_ONE_CLICK,
      mail: 1,
      mailed_link: 2,
      task: 2,
      tries: 8,
    },
  },
  "a password, a link with Amazon, tickets and failed tries": {
    async make(known, service) {
      known.add(
        await signedUp(service, {
          email: MORK,
          name: "Mork Hashimoto",
          postal_code: "98052",
          device: DEVICE,
        }),
      );
      const ticket = await ticketOf(service, "mork.1");
      const linked = await signInByPassword(service, { email: MORK, device: DEVICE, link_ticket: ticket });
      known.add(await linked.json());
      await ticketOf(service, "twin.1");
      await known.oneClick("mork.2");
      await signInByPassword(service, { email: MORK, password: "wrong" });
      const change = { current_password: "wrong", new_password: "a long new password" };
      await service.send("PUT", "/v1/account/password", change, { token: known.token });
    },
    // The ticket of `mork` is used, and that of `twin` is not. An exchange belongs to each code of an Amazon customer.
    kinds: {
      event: 4,
      account: 1,
      amazon_user: 1,
      email: 1,
      exchange: 3,
      code_result: 3,
      link_ticket: 2,
      session: 3,
      tries: 3,
    },
  },
  "a link that changes the email, and newer mails about the email that wait": {
    async make(known, service) {
      known.add(await signedUp(service, { email: MORK }));
      await emailChangeLink(service, known.token, NEW_EMAIL);
      const authenticated = await authenticate(service.services, known.token);
      const request = { email: parseEmail(NEW_EMAIL)!, password: PASSWORD, client: "192.0.2.9" };
      await requestEmailChange(service.services, authenticated, request);
      await requestEmailVerification(service.services, authenticated, "192.0.2.9");
      await service.send("PUT", "/v1/account/email", { email: NEW_EMAIL, current_password: "x" }, {
        token: known.token,
      });
    },
    kinds: { event: 1, account: 1, email: 1, session: 1, mail: 3, mailed_link: 1, task: 3, tries: 6 },
  },
  "an Amazon link that was removed": {
    async make(known, service) {
      known.add(await signedUp(service, { email: MORK }));
      const ticket = await ticketOf(service, "mork.1");
      known.add(await (await signInByPassword(service, { email: MORK, link_ticket: ticket })).json());
      await known.oneClick("mork.2");
      await service.request("/v1/account/amazon-link", { method: "DELETE", token: known.token });
    },
    kinds: {
      event: 5,
      account: 1,
      email: 1,
      exchange: 2,
      code_result: 2,
      link_ticket: 1,
      session: 3,
      tries: 1,
    },
  },
  "a sign-up that can be asked for again, with the ticket of a profile without an email": {
    async make(known, service) {
      const { link_ticket } = await (await known.send("noemail.1")).json();
      const body = { email: MORK, password: PASSWORD, device: DEVICE, link_ticket };
      known.add(
        await (await service.send("POST", "/v1/accounts", body, { key: "the-key-of-the-sign-up" })).json(),
      );
      await known.oneClick("noemail.2");
    },
    // The first code is released with its token.
    kinds: {
      event: 3,
      account: 1,
      amazon_user: 1,
      email: 1,
      exchange: 2,
      kept_token: 1,
      code_result: 1,
      link_ticket: 1,
      session: 2,
      sign_up: 1,
      tries: 1,
    },
  },
  "devices that were signed out before": {
    async make(known, service) {
      const { session_token: token } = await known.oneClick("mork.1");
      const second = await known.oneClick("mork.2");
      await known.oneClick("mork.3");
      await service.request(`/v1/sessions/${second.session.id}`, { method: "DELETE", token });
      await service.request("/v1/sessions?keep=current", { method: "DELETE", token });
    },
    kinds: {
      event: 5,
      account: 1,
      amazon_user: 1,
      email: 1,
      exchange: 1,
      code_result: 1,
      session: 1,
      task: 1,
    },
  },
  "expired records that the database has not removed yet": {
    async make(known, service) {
      const { session_token: token } = await known.oneClick("mork.1");
      await known.oneClick("mork.2");
      await service.request("/v1/sessions/current", { token });
      await service.clock.advance(300 * DAY_MS);
      await service.request("/v1/sessions/current", { token });
      await service.clock.advance(300 * DAY_MS);
      assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
    },
    kinds: {
      event: 2,
      account: 1,
      amazon_user: 1,
      email: 1,
      exchange: 2,
      code_result: 2,
      session: 2,
      task: 1,
    },
  },
};

for (const [what, { make, kinds }] of Object.entries(CUSTOMERS)) {
  Deno.test(`DELETE /v1/account leaves no record of a customer with ${what}`, async () => {
    await using service = await TestService.open();
    const other = await signedUp(service);
    const before = await service.stored();
    const known = new KnownCustomer(service, { user_id: USER_ID, new_email: NEW_EMAIL });
    await make(known, service);
    await service.services.background.idle();
    assertEquals(countNew(await service.stored(), before), kinds);
    assert((await recordsOf(service, known)).length >= Object.keys(kinds).length - 1);

    assertEquals((await deleteAccount(service, known.token)).status, 204);
    await service.runDueTasks();
    assertEquals(await recordsOf(service, known), []);
    assertEquals(service.mails.at(-1)?.subject, "Your Oneclick account is deleted");
    const mails = service.mails.length;
    await service.clock.advance(8 * DAY_MS);
    await service.runDueTasks();
    const toCustomer = service.mails.slice(mails).filter(({ to: [to] }) => to === known.customer.email);
    assertEquals(toCustomer, []);
    assert((await service.kv.get(["account", other.account.id])).value !== null);
  });
}

Deno.test("DELETE /v1/account leaves no record under either key of a rotated key ring", async () => {
  const [old, fresh] = ["old", "new"].map((id) => `${id}:${btoa(id.padEnd(32, id))}`);
  await using before = await TestService.open({ env: { DATA_KEYS: String(old) } });
  const known = new KnownCustomer(before, { user_id: USER_ID });
  await known.oneClick("mork.1");
  await signInByPassword(before, { email: known.email.display });
  await requestLink(before.services, { kind: "password_reset", email: known.email, client: "192.0.2.9" });

  const { kv, simulator } = before;
  await using service = await TestService.open({ kv, simulator, env: { DATA_KEYS: `${fresh},${old}` } });
  known.add(await service.signedIn("mork.2"));
  await signInByPassword(service, { email: known.email.display });
  await requestLink(service.services, { kind: "password_reset", email: known.email, client: "192.0.2.9" });
  assertEquals((await service.stored()).tries, 12);
  assertEquals((await deleteAccount(service, known.token)).status, 204);
  await service.runDueTasks();
  assertEquals(await recordsOf(service, known), []);
  assertEquals(service.mails.map(({ subject }) => subject), ["Your Oneclick account is deleted"]);
});

Deno.test("DELETE /v1/account removes sessions and tickets that it cannot read", async () => {
  await using service = await TestService.open();
  const known = new KnownCustomer(service, { user_id: USER_ID, new_email: NEW_EMAIL });
  const { account } = await known.oneClick("mork.1");
  await ticketOf(service, "twin.1");
  for (const kind of ["session", "link_ticket"]) {
    await service.kv.set([kind, account.id, "of a key that was lost"], new Uint8Array(100));
  }
  assertEquals((await deleteAccount(service, known.token)).status, 204);
  await service.runDueTasks();
  assertEquals(await recordsOf(service, known), []);
});

/** Returns how many records of each kind were added. */
function countNew(after: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );
}
