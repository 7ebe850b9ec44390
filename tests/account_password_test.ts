/** `PUT /v1/account/password`, in the order of the contract (design, section 2). */
import { assert, assertEquals } from "@std/assert";
import {
  accountOf,
  bodyOf,
  countHashing,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
} from "./account_calls.ts";
import { House } from "./house.ts";
import { deletionLink, open, resetLink } from "./mailed_links.ts";
import { assertProblem } from "./problems.ts";
import { losingCommits, wrapKv } from "./wrapped_kv.ts";

const NEW = "another horse entirely";

function put(house: House, token: string, body: unknown): Promise<Response> {
  return house.send("PUT", "/v1/account/password", body, { token });
}

Deno.test("PUT /v1/account/password answers 204; the new password signs in and the old one does not", async () => {
  await using house = await House.open();
  const { session_token: token, account } = await signedUp(house);
  const before = await recordOf(house, account.id);
  const response = await put(house, token, { current_password: PASSWORD, new_password: NEW });
  assertEquals([response.status, await response.text()], [204, ""]);
  await assertProblem(await signInByPassword(house), "invalid_credentials");
  assertEquals((await signInByPassword(house, { password: NEW })).status, 200);
  const { password, ...rest } = await recordOf(house, account.id);
  assert(password.kind === "set");
  assertEquals({ ...rest, password: before.password }, { ...before, session_epoch: 1 });
});

Deno.test("PUT /v1/account/password signs every other device out, and keeps the one that asks", async () => {
  await using house = await House.open();
  const { session_token: other } = await signedUp(house);
  const { session_token: token, session } = await bodyOf(await signInByPassword(house), 200);
  assertEquals((await put(house, token, { current_password: PASSWORD, new_password: NEW })).status, 204);
  assertEquals(await accountOf(house, other), 401);
  assertEquals(typeof await accountOf(house, token), "object");
  const { sessions } = await (await house.request("/v1/sessions", { token })).json();
  assertEquals(sessions.map(({ id }: { id: string }) => id), [session.id]);
  assertEquals((await house.stored()).session, 1);
});

Deno.test("PUT /v1/account/password changes password and sessions by one commit", async () => {
  const commits: string[][] = [];
  await using house = await House.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit({ mutations }, perform) {
          commits.push(mutations.map(({ type, key }) => `${type} ${String(key[0])}`).sort());
          return perform();
        },
      }),
  });
  const { session_token: token } = await signedUp(house);
  commits.length = 0;
  assertEquals((await put(house, token, { current_password: PASSWORD, new_password: NEW })).status, 204);
  const links = Array.from({ length: 4 }, () => "delete mailed_link");
  const change = [...links, "delete tries", "set account", "set session"];
  assertEquals(commits, [["set tries"], change]);
});

Deno.test("PUT /v1/account/password ends the links that were mailed, and the mails that wait", async () => {
  await using house = await House.open();
  const { session_token: token, account } = await signedUp(house);
  const links = [await resetLink(house, account.email), await deletionLink(house, account.email)];
  for (const link of links) assertEquals((await open(house, link)).status, 200);
  await house.services.background.idle();
  const mails = house.mails.length;
  assertEquals((await put(house, token, { current_password: PASSWORD, new_password: NEW })).status, 204);
  for (const link of links) assertEquals((await open(house, link)).status, 404);
  await house.runDueTasks();
  assertEquals([house.mails.length, (await house.stored()).mail], [mails, undefined]);
});

Deno.test("PUT /v1/account/password answers invalid_request to wrong fields, and hashes nothing", async (t) => {
  await using house = await House.open();
  const { session_token: token } = await signedUp(house);
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
      const { errors } = await assertProblem(await put(house, token, body), "invalid_request");
      assertEquals(errors?.map((error) => error.path), [path]);
    });
  }
  assertEquals(hashing.count, 0);
});

Deno.test("PUT /v1/account/password answers invalid_credentials to a wrong current password, and changes nothing", async () => {
  await using house = await House.open();
  const { session_token: token } = await signedUp(house);
  const body = { current_password: "correct horse batterz", new_password: NEW };
  await assertProblem(await put(house, token, body), "invalid_credentials");
  assertEquals((await signInByPassword(house)).status, 200);
});

Deno.test("PUT /v1/account/password answers invalid_session without a session", async () => {
  await using house = await House.open();
  const body = { current_password: PASSWORD, new_password: NEW };
  await assertProblem(await house.send("PUT", "/v1/account/password", body), "invalid_session");
});

Deno.test("PUT /v1/account/password answers password_temporary to a one-click customer, whatever they send", async () => {
  await using house = await House.open();
  const { session_token: token } = await house.signedIn("mork.1");
  using hashing = countHashing();
  for (const current_password of [undefined, PASSWORD]) {
    const response = await put(house, token, { current_password, new_password: NEW });
    await assertProblem(response, "password_temporary");
  }
  assertEquals(hashing.count, 0);
});

Deno.test("PUT /v1/account/password answers weak_password with the reason, and hashes nothing", async () => {
  await using house = await House.open();
  const { session_token: token } = await signedUp(house);
  using hashing = countHashing();
  for (const new_password of ["short", "p".repeat(257), "password123", "vera@example.com"]) {
    const response = await put(house, token, { current_password: PASSWORD, new_password });
    const { errors } = await assertProblem(response, "weak_password");
    assertEquals(errors?.map(({ path }) => path), ["/new_password"]);
  }
  assertEquals(hashing.count, 0);
});

Deno.test("PUT /v1/account/password takes one of two changes at the same time", async () => {
  await using house = await House.open();
  const { session_token: token } = await signedUp(house);
  const passwords = [NEW, "yet another horse"];
  const responses = await Promise.all(
    passwords.map((new_password) => put(house, token, { current_password: PASSWORD, new_password })),
  );
  assertEquals(responses.map(({ status }) => status).sort(), [204, 401]);
  const password = passwords[responses.findIndex(({ status }) => status === 204)];
  assertEquals((await signInByPassword(house, { password })).status, 200);
});

Deno.test("PUT /v1/account/password recognises its own commit when its success was not reported", async () => {
  await using calm = await House.open();
  const { session_token: token } = await signedUp(calm);
  let losses = 1;
  await using house = await House.open({
    kv: calm.kv,
    wrapKv: (kv) => losingCommits(kv, () => losses-- > 0),
  });
  const response = await put(house, token, { current_password: PASSWORD, new_password: NEW });
  assertEquals(response.status, 204);
  assertEquals(typeof await accountOf(house, token), "object");
});
