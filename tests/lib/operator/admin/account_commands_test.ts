import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseEmail } from "../../../../lib/base/email.ts";
import { Problem } from "../../../../lib/base/problem.ts";
import { pageTokenOf } from "../../../../lib/sign_in/activation.ts";
import { approveByPassword } from "../../../../lib/sign_in/activation_approval.ts";
import { ADMIN } from "../../../../lib/operator/admin.ts";
import {
  EMAIL,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../../support/account_requests.ts";
import { poll, startActivation } from "../../../support/activation_requests.ts";
import { assertProblem } from "../../../support/contract_problems.ts";
import { open, resetLink } from "../../../support/mailed_links.ts";
import { MAY_USE_FILES, OperatedService, run } from "../../../support/operator.ts";
import { submitPassword } from "../../../support/reset_requests.ts";
import type { SignedInBody } from "../../../support/bodies.ts";

const ignore = !MAY_USE_FILES;

Deno.test("admin find finds an account by email, id and Amazon user_id", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { account: { created: _, ...account } } = await operated.service.signedIn("mork.1");
  const [entry] = await Array.fromAsync(operated.kv.list({ prefix: ["account"] }));
  const { amazon_user_id } = JSON.parse(
    operated.service.services.keyring.open(entry?.value as Uint8Array, entry?.key.join("/") ?? ""),
  );
  for (const whom of [account.id, MORK, MORK.toUpperCase(), amazon_user_id]) {
    assertEquals(await operated.admin(`find ${whom}`), { account: { ...account, blocked: false } });
  }
  for (const whom of ["nobody@example.com", `acc_${"0".repeat(32)}`, "amzn1.account.NOBODY"]) {
    assertEquals((await operated.admin(`find ${whom}`, { code: 1 })).error.code, "not_found");
  }
  const forPeople = await run(ADMIN, ["find", MORK], operated.env);
  assert(forPeople.out.includes(account.id) && forPeople.out.includes(MORK));
});

Deno.test("admin show shows sessions, waiting mails and the newest 20 events", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { service } = operated;
  const { account, session } = await signedUp(service, { device: { name: "Kitchen", platform: "vega" } });
  for (let i = 0; i < 25; i++) assertEquals((await signInByPassword(service)).status, 200);
  await service.send("POST", "/v1/password-resets", { email: EMAIL });
  await service.services.background.idle();
  await service.send("POST", "/v1/password-resets", { email: "another@example.com" });
  const shown = await operated.admin(`show ${account.id}`);
  assertEquals(Object.keys(shown), ["account", "sessions", "entitlements", "mails", "events"]);
  assertEquals([shown.account.email, shown.sessions.length, shown.events.length], [EMAIL, 26, 20]);
  assertEquals(shown.sessions.find(({ id }: { id: string }) => id === session.id), session);
  assertEquals(shown.events[0].type, "session.created");
});

Deno.test("admin revoke signs one device out, or all of them", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { service } = operated;
  const devices: SignedInBody[] = [];
  for (let i = 0; i < 3; i++) devices.push(await service.signedIn(`mork.${i}`));
  const [first, second, third] = devices;
  const id = first!.account.id;
  const check = async () => {
    const codes: number[] = [];
    for (const { session_token: token } of devices) {
      codes.push((await service.request("/v1/sessions/current", { token })).status);
    }
    return codes;
  };
  await operated.admin(`revoke ${id} ${second!.session.id}`);
  assertEquals(await check(), [200, 401, 200]);
  assertEquals(
    (await operated.admin(`revoke ${id} ${second!.session.id}`, { code: 1 })).error.code,
    "not_found",
  );
  assertEquals((await operated.admin(`revoke ${id}`)).account.id, id);
  assertEquals(await check(), [401, 401, 401]);
  const { events } = await operated.admin(`show ${id}`);
  const revoked = events.filter(({ type }: { type: string }) => type === "session.revoked");
  assertEquals(
    revoked.map(({ data }: { data: { session_id: string } }) => data.session_id).toSorted(),
    [first, second, third].map((device) => device!.session.id).toSorted(),
  );
  assertEquals((await operated.admin("revoke acc_nobody", { code: 1 })).error.code, "not_found");
});

Deno.test(
  "a blocked account is signed out, and signs in by no way until it is unblocked",
  { ignore },
  async () => {
    await using operated = await OperatedService.open();
    const { service } = operated;
    const { account, session_token: token } = await signedUp(service, { email: MORK });
    const ticket = await ticketOf(service, "mork.1");
    const linked = await (await signInByPassword(service, { email: MORK, link_ticket: ticket })).json();
    assertEquals(linked.account.amazon_linked, true);
    const link = await resetLink(service, MORK);
    const activation = await startActivation(service);
    const approved = await startActivation(service);
    const onPhone = ({ device_code }: { device_code: string }) =>
      approveByPassword(service.services, {
        pageToken: pageTokenOf(device_code),
        email: parseEmail(MORK)!,
        password: PASSWORD,
        client: "192.0.2.9",
      });
    assertEquals((await onPhone(approved)).is, "approved");

    const blocked = await operated.admin(`block ${account.id}`);
    assertEquals([blocked.account.id, blocked.account.blocked], [account.id, true]);
    assertEquals(await operated.admin(`block ${account.id}`), blocked, "Twice is once");
    assertEquals((await operated.admin(`find ${MORK}`)).account.blocked, true);
    for (const old of [token, linked.session_token]) {
      await assertProblem(await service.request("/v1/sessions/current", { token: old }), "invalid_session");
    }
    const refused = async () => [
      await service.signIn("mork.2", { key: "0123456789abcdef" }),
      await service.signIn("mork.2", { key: "0123456789abcdef" }),
      await signInByPassword(service, { email: MORK }),
    ];
    for (const response of await refused()) await assertProblem(response, "account_blocked");
    // A stranger is not told that the account is blocked.
    await assertProblem(
      await signInByPassword(service, { email: MORK, password: "wrong password" }),
      "invalid_credentials",
    );
    const page = await open(service, link);
    assertEquals([page.status, page.heading], [403, "This account is blocked"]);
    assertEquals((await submitPassword(service, link)).status, 403);
    assertEquals((await assertRejects(() => onPhone(activation), Problem)).code, "account_blocked");
    await assertProblem(await poll(service, approved), "account_blocked");
    assertEquals(await service.stored().then(({ session }) => session), undefined, "No session is left");

    assertEquals((await operated.admin(`unblock ${account.id}`)).account.blocked, false);
    await operated.admin(`unblock ${account.id}`);
    assertEquals((await service.signIn("mork.3")).status, 200);
    assertEquals((await signInByPassword(service, { email: MORK })).status, 200);
    const types = (await operated.admin(`show ${account.id}`)).events.map(({ type }: { type: string }) =>
      type
    );
    assertEquals(types.filter((type: string) => type.includes("block")), [
      "account.unblocked",
      "account.blocked",
    ]);
  },
);

Deno.test("admin delete deletes an account, and only with --yes", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { service } = operated;
  const { account } = await service.signedIn("mork.1");
  assertEquals((await operated.admin(`delete ${account.id}`, { code: 2 })).error.code, "usage");
  assertEquals((await service.stored()).account, 1);
  await operated.admin(`delete ${account.id} --yes`);
  await service.runDueTasks();
  const { account: left = 0, session = 0, amazon_user = 0, email = 0 } = await service.stored();
  assertEquals([left, session, amazon_user, email], [0, 0, 0, 0]);
  assertEquals((await operated.admin(`delete ${account.id} --yes`, { code: 1 })).error.code, "not_found");
  const again = await service.signedIn("mork.2");
  assertEquals([again.account.created, again.account.id === account.id], [true, false]);
});

Deno.test("a command with the wrong key ring does nothing, and names the key", { ignore }, async () => {
  await using operated = await OperatedService.open();
  const { account } = await operated.service.signedIn("mork.1");
  for (const command of [`find ${MORK}`, `block ${account.id}`, `delete ${account.id} --yes`, "stats"]) {
    const DATA_KEYS = `k9:${btoa("x".repeat(32))}`;
    const { error } = await operated.admin(command, { code: 1, env: { DATA_KEYS } });
    assertEquals([error.code, error.message.includes('"dev"')], ["storage_unavailable", true]);
  }
  assertEquals((await operated.admin(`find ${MORK}`)).account.blocked, false);
});
