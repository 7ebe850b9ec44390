/** `PUT /v1/account/password`, by the status of the response. */
import { assert, assertEquals } from "@std/assert";
import {
  accountOf,
  bodyOf,
  countHashing,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
} from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { wrapKv } from "../../support/kv_hooks.ts";
import { deletionLink, open, resetLink } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

const NEW = "another horse entirely";

function put(service: TestService, token: string, body: unknown): Promise<Response> {
  return service.send("PUT", "/v1/account/password", body, { token });
}

Deno.test("PUT /v1/account/password answers 204; the new password signs in and the old one does not", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await signedUp(service);
  const before = await recordOf(service, account.id);
  const response = await put(service, token, { current_password: PASSWORD, new_password: NEW });
  assertEquals([response.status, await response.text()], [204, ""]);
  await assertProblem(await signInByPassword(service), "invalid_credentials");
  assertEquals((await signInByPassword(service, { password: NEW })).status, 200);
  const { password, ...rest } = await recordOf(service, account.id);
  assert(password.kind === "set");
  assertEquals({ ...rest, password: before.password }, { ...before, session_epoch: 1 });
});

Deno.test("PUT /v1/account/password signs every other device out, and keeps the device of the request", async () => {
  await using service = await TestService.open();
  const { session_token: other } = await signedUp(service);
  const { session_token: token, session } = await bodyOf(await signInByPassword(service), 200);
  assertEquals((await put(service, token, { current_password: PASSWORD, new_password: NEW })).status, 204);
  assertEquals(await accountOf(service, other), 401);
  assertEquals(typeof await accountOf(service, token), "object");
  const { sessions } = await (await service.request("/v1/sessions", { token })).json();
  assertEquals(sessions.map(({ id }: { id: string }) => id), [session.id]);
  assertEquals((await service.stored()).session, 1);
});

Deno.test("PUT /v1/account/password changes the password and ends sessions in one commit", async () => {
  const commits: string[][] = [];
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit({ mutations }, perform) {
          commits.push(mutations.map(({ type, key }) => `${type} ${String(key[0])}`).sort());
          return perform();
        },
      }),
  });
  const { session_token: token } = await signedUp(service);
  commits.length = 0;
  assertEquals((await put(service, token, { current_password: PASSWORD, new_password: NEW })).status, 204);
  const links = Array.from({ length: 14 }, () => "delete mailed_link");
  // The last one is the record of events.
  const change = [
    ...links,
    "delete tries",
    "set account",
    "set mail",
    "set session",
    "set session",
    "set task",
  ];
  // The commits after these send the mail.
  assertEquals(commits.slice(0, 2), [["set tries"], change]);
});

Deno.test("PUT /v1/account/password removes the mailed links and the waiting mails", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await signedUp(service);
  const links = [await resetLink(service, account.email), await deletionLink(service, account.email)];
  for (const link of links) assertEquals((await open(service, link)).status, 200);
  await service.services.background.idle();
  const mails = service.mails.length;
  assertEquals((await put(service, token, { current_password: PASSWORD, new_password: NEW })).status, 204);
  for (const link of links) assertEquals((await open(service, link)).status, 404);
  await service.runDueTasks();
  assertEquals([service.mails.length, (await service.stored()).mail], [mails + 1, undefined]);
  assertEquals(service.mails.at(-1)?.subject, "Your Oneclick account has a new password");
});

Deno.test("PUT /v1/account/password answers invalid_request to wrong fields, and hashes nothing", async (t) => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  using hashing = countHashing();
  const wrong: [path: string, body: unknown][] = [
    ["/new_password", { current_password: PASSWORD }],
    ["/new_password", { current_password: PASSWORD, new_password: 1 }],
    ["/new_password", { current_password: PASSWORD, new_password: "new\npassword" }],
    ["/current_password", { new_password: NEW }],
    ["/current_password", { current_password: null, new_password: NEW }],
    ["/current_password", { current_password: "", new_password: NEW }],
    ["/current_password", { current_password: "p".repeat(10_000), new_password: NEW }],
  ];
  for (const [path, body] of wrong) {
    await t.step(JSON.stringify(body).slice(0, 60), async () => {
      const { errors } = await assertProblem(await put(service, token, body), "invalid_request");
      assertEquals(errors?.map((error) => error.path), [path]);
    });
  }
  assertEquals(hashing.count, 0);
});

Deno.test("PUT /v1/account/password answers invalid_credentials to a wrong current password, and changes nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const body = { current_password: "correct horse batterz", new_password: NEW };
  await assertProblem(await put(service, token, body), "invalid_credentials");
  assertEquals((await signInByPassword(service)).status, 200);
});

Deno.test("PUT /v1/account/password answers invalid_session without a session", async () => {
  await using service = await TestService.open();
  const body = { current_password: PASSWORD, new_password: NEW };
  await assertProblem(await service.send("PUT", "/v1/account/password", body), "invalid_session");
});

Deno.test("PUT /v1/account/password answers password_temporary to a one-click customer, for every body", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  using hashing = countHashing();
  for (const current_password of [undefined, PASSWORD]) {
    const response = await put(service, token, { current_password, new_password: NEW });
    await assertProblem(response, "password_temporary");
  }
  assertEquals(hashing.count, 0);
});

Deno.test("PUT /v1/account/password answers weak_password with the reason, and hashes nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  using hashing = countHashing();
  for (const new_password of ["short", "p".repeat(257), "password123", "vera@example.com"]) {
    const response = await put(service, token, { current_password: PASSWORD, new_password });
    const { errors } = await assertProblem(response, "weak_password");
    assertEquals(errors?.map(({ path }) => path), ["/new_password"]);
  }
  assertEquals(hashing.count, 0);
});

Deno.test("PUT /v1/account/password accepts one of two changes at the same time", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const passwords = [NEW, "yet another horse"];
  const responses = await Promise.all(
    passwords.map((new_password) => put(service, token, { current_password: PASSWORD, new_password })),
  );
  assertEquals(responses.map(({ status }) => status).sort(), [204, 401]);
  const password = passwords[responses.findIndex(({ status }) => status === 204)];
  assertEquals((await signInByPassword(service, { password })).status, 200);
});

Deno.test("PUT /v1/account/password answers 204 when its commit took effect and reported a failed check", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token } = await signedUp(service);
  commits.break("takes effect and conflicts", { kind: "account", times: 1 });
  const response = await put(service, token, { current_password: PASSWORD, new_password: NEW });
  assertEquals([response.status, commits.faults], [204, 1]);
  assertEquals(typeof await accountOf(service, token), "object");
});
