/** Events: every commit that changes an account or a session tells of it, and of nothing else. */
import { assert, assertEquals } from "@std/assert";
import { listEvents } from "../../../lib/events/events.ts";
import {
  bodyOf,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { resetLink } from "../../support/mailed_links.ts";
import { NEW, submitPassword } from "../../support/reset_requests.ts";
import { addSessions, signInDevices } from "../../support/session_requests.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";

const DEVICE = { name: "Living room", model: "AFTKM", platform: "vega" };

/** Every way to do something to an account, and the events that must tell of it, oldest first. */
const HAPPENINGS: Record<
  string,
  readonly [(service: TestService) => Promise<SignedInBody>, readonly string[]]
> = {
  "one click of a new customer": [
    (service) => service.signedIn("mork.1", { device: DEVICE }),
    ["account.created one_click", "session.created one_click of Living room"],
  ],
  "one click of a known customer": [
    async (service) => {
      const first = await service.signedIn("mork.1");
      await service.signedIn("mork.2", { device: DEVICE });
      return first;
    },
    [...created("one_click"), "session.created one_click of Living room"],
  ],
  "a sign-up": [(service) => signedUp(service), created("sign_up")],
  "a sign-in by password": [
    async (service) => {
      await signedUp(service);
      return await bodyOf(await signInByPassword(service, { device: DEVICE }), 200);
    },
    [...created("sign_up"), "session.created password of Living room"],
  ],
  "a sign-in with a ticket": [
    async (service) => {
      await signedUp(service, { email: MORK });
      const link_ticket = await ticketOf(service, "mork.1");
      return await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
    },
    [...created("sign_up"), "account.linked", "session.created password"],
  ],
  "wrong passwords and refused sign-ups": [
    async (service) => {
      const signedIn = await signedUp(service);
      await signInByPassword(service, { password: "wrong password" });
      await service.send("POST", "/v1/accounts", { email: signedIn.account.email, password: PASSWORD });
      return signedIn;
    },
    created("sign_up"),
  ],
  "a changed profile, and one that is the same": [
    async (service) => {
      const signedIn = await signedUp(service);
      const token = signedIn.session_token;
      await service.send("PATCH", "/v1/account", { name: "V." }, { token });
      await service.send("PATCH", "/v1/account", { name: "V." }, { token });
      await service.send("PATCH", "/v1/account", {}, { token });
      await service.send("PATCH", "/v1/account", { postal_code: "98052" }, { token });
      return signedIn;
    },
    [...created("sign_up"), "account.updated", "account.updated"],
  ],
  "an unlinked Amazon customer, twice": [
    async (service) => {
      await signedUp(service, { email: MORK });
      const link_ticket = await ticketOf(service, "mork.1");
      const signedIn = await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
      for (let i = 0; i < 2; i++) {
        const init = { method: "DELETE", token: signedIn.session_token };
        assertEquals((await service.request("/v1/account/amazon-link", init)).status, 204);
      }
      return signedIn;
    },
    [...created("sign_up"), "account.linked", "session.created password", "account.unlinked"],
  ],
  "a changed password": [
    async (service) => {
      const signedIn = await signedUp(service);
      await signInByPassword(service);
      const body = { current_password: PASSWORD, new_password: NEW };
      const { session_token: token } = signedIn;
      assertEquals((await service.send("PUT", "/v1/account/password", body, { token })).status, 204);
      return signedIn;
    },
    [...created("sign_up"), "session.created password", "account.password_set", "session.revoked 1"],
  ],
  "a first password by mail": [
    async (service) => {
      const signedIn = await service.signedIn("mork.1");
      assertEquals((await submitPassword(service, await resetLink(service, MORK))).status, 200);
      return signedIn;
    },
    [...created("one_click"), "account.password_set", "session.revoked 0"],
  ],
  "a first password by mail that unlinks Amazon": [
    async (service) => {
      const signedIn = await service.signedIn("mork.1");
      const more = { unlink: "on" };
      const page = await submitPassword(service, await resetLink(service, MORK), NEW, more);
      assertEquals(page.status, 200);
      return signedIn;
    },
    [...created("one_click"), "account.password_set", "account.unlinked", "session.revoked 0"],
  ],
  "a later password by mail": [
    async (service) => {
      const signedIn = await signedUp(service);
      await service.clock.advance(1000);
      await signInByPassword(service);
      assertEquals(
        (await submitPassword(service, await resetLink(service, signedIn.account.email))).status,
        200,
      );
      return signedIn;
    },
    [
      ...created("sign_up"),
      "session.created password",
      "account.password_set",
      "session.revoked 1",
      "session.revoked 0",
    ],
  ],
  "a sign-out": [
    async (service) => {
      const [first] = await signInDevices(service, "mork", 1);
      await service.request("/v1/sessions/current", { method: "DELETE", token: first.session_token });
      return first;
    },
    [...created("one_click", "Device 0"), "session.revoked 0"],
  ],
  "a sign-out of another device": [
    async (service) => {
      const [first, second] = await signInDevices(service, "mork", 2);
      const path = `/v1/sessions/${second.session.id}`;
      const init = { method: "DELETE", token: first.session_token };
      for (let i = 0; i < 2; i++) assertEquals((await service.request(path, init)).status, 204);
      return first;
    },
    [
      ...created("one_click", "Device 0"),
      "session.created one_click of Device 1",
      "session.revoked 1",
    ],
  ],
  "a sign-out everywhere": [
    async (service) => {
      const [first] = await signInDevices(service, "mork", 2);
      await service.request("/v1/sessions", { method: "DELETE", token: first.session_token });
      return first;
    },
    [
      ...created("one_click", "Device 0"),
      "session.created one_click of Device 1",
      "session.revoked 1",
      "session.revoked 0",
    ],
  ],
  "a sign-out of all other devices": [
    async (service) => {
      const [first] = await signInDevices(service, "mork", 3);
      const init = { method: "DELETE", token: first.session_token };
      for (let i = 0; i < 2; i++) await service.request("/v1/sessions?keep=current", init);
      return first;
    },
    [
      ...created("one_click", "Device 0"),
      "session.created one_click of Device 1",
      "session.created one_click of Device 2",
      "session.revoked 2",
      "session.revoked 1",
    ],
  ],
};

function created(method: string, device?: string): string[] {
  return [
    `account.created ${method}`,
    `session.created ${method}${device === undefined ? "" : ` of ${device}`}`,
  ];
}

/** Lists the events of an account, oldest first. A revoked session is named by the order in which sessions came. */
async function told(service: TestService, accountId: string): Promise<string[]> {
  const { events } = await listEvents(service.services, { accountId, limit: 100 });
  const sessions: (string | undefined)[] = [];
  return events.toReversed().map(({ type, data: { method, device, session_id } }) => {
    if (type === "session.created") sessions.push(session_id);
    const number = type === "session.revoked" ? ` ${sessions.indexOf(session_id)}` : "";
    return `${type}${method ? ` ${method}` : ""}${device?.name ? ` of ${device.name}` : ""}${number}`;
  });
}

for (const [what, [make, expected]] of Object.entries(HAPPENINGS)) {
  Deno.test(`events tell of ${what}`, async () => {
    await using service = await TestService.open();
    const { account } = await make(service);
    assertEquals(await told(service, account.id), [...expected]);
    await checkInvariants(service.kv, service.services.keyring);
  });
}

Deno.test("an event has the id, the time and the data of what happened, and no personal data", async () => {
  await using service = await TestService.open();
  const { account, session } = await service.signedIn("mork.1", { device: DEVICE });
  const { events, next_cursor } = await listEvents(service.services, { accountId: account.id, limit: 100 });
  const at = new Date(service.clock.now()).toISOString();
  const data = { account_id: account.id, method: "one_click" } as const;
  assertEquals(events.map(({ id: _, ...event }) => event), [
    { type: "session.created", at, data: { ...data, session_id: session.id, device: DEVICE } },
    { type: "account.created", at, data },
  ]);
  for (const { id } of events) assert(/^evt_[0-9a-f]{32}$/.test(id), id);
  assert(String(events[0]?.id) > String(events[1]?.id));
  assertEquals(next_cursor, null);
});

Deno.test("a commit that fails leaves no event, and a commit that took effect unseen leaves one", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { account, session_token: token } = await signedUp(service);
  const patch = (name: string) => service.answerOf(service.send("PATCH", "/v1/account", { name }, { token }));
  commits.break("fails");
  assertEquals((await patch("A")).status, 503);
  commits.mend();
  // After failures in a row a first commit has to go well again. This one changes nothing.
  const nothing = () => service.answerOf(service.send("PATCH", "/v1/account", {}, { token }));
  while (!(await nothing()).ok) await service.clock.advance(1000);
  commits.break("takes effect and fails", { times: 1 });
  assertEquals((await patch("B")).status, 200);
  commits.break("takes effect and conflicts", { times: 1 });
  assertEquals((await service.request("/v1/sessions/current", { method: "DELETE", token })).status, 204);
  commits.mend();
  assertEquals(await told(service, account.id), [
    ...created("sign_up"),
    "account.updated",
    "session.revoked 0",
  ]);
});

Deno.test("a session that is signed in while all are signed out gets its event as well", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const first = await service.signedIn("mork.1");
  commits.beforeNext("set", "account", () => service.signedIn("mork.2"));
  const init = { method: "DELETE", token: first.session_token };
  assertEquals((await service.request("/v1/sessions", init)).status, 204);
  const { events } = await listEvents(service.services, { accountId: first.account.id, limit: 100 });
  const revoked = events.filter(({ type }) => type === "session.revoked").map(({ data }) => data.session_id);
  assertEquals([revoked.length, new Set(revoked).size], [2, 2]);
  await checkInvariants(service.kv, service.services.keyring);
});

Deno.test("each of 601 sessions is revoked with an event, although one commit cannot tell of all", async () => {
  await using service = await TestService.open();
  const { account, session, session_token: token } = await service.signedIn("mork.1");
  const { keyring } = service.services;
  await addSessions(service.kv, keyring, { accountId: account.id, sessionId: session.id, count: 600 });
  assertEquals((await service.request("/v1/sessions", { method: "DELETE", token })).status, 204);
  const ids = new Set<string | undefined>();
  let cursor: string | undefined;
  for (;;) {
    const page = await listEvents(service.services, { accountId: account.id, limit: 100, cursor });
    for (const { type, data } of page.events) if (type === "session.revoked") ids.add(data.session_id);
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  assertEquals(ids.size, 601);
});

Deno.test("events end after EVENT_RETENTION_DAYS", async () => {
  await using service = await TestService.open({ env: { EVENT_RETENTION_DAYS: "7" } });
  const { account } = await service.signedIn("mork.1");
  await service.clock.advance(7 * 86_400_000 - 1);
  assertEquals(await told(service, account.id), created("one_click"));
  await service.clock.advance(1);
  assertEquals(await told(service, account.id), []);
});

Deno.test("neither the list of sessions nor that of events shows the other's records", async () => {
  await using service = await TestService.open();
  const [first] = await signInDevices(service, "mork", 3);
  const token = first.session_token;
  const sessions = await (await service.request("/v1/sessions?limit=2", { token })).json();
  assertEquals(sessions.sessions.length, 2);
  const rest = await (await service.request(`/v1/sessions?cursor=${sessions.next_cursor}`, { token })).json();
  assertEquals([rest.sessions.length, rest.next_cursor], [1, null]);
  assertEquals((await told(service, first.account.id)).length, 4);
});
