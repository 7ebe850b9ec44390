/**
 * Sign-in with a password and what happens to its commit. The other tests of `POST /v1/sessions` are in
 * `tests/routes/api`.
 */
import { assert, assertEquals } from "@std/assert";
import { bodyOf, MORK, PASSWORD, signedUp, signInByPassword } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("POST /v1/sessions gives no session when the password is changed right before its commit", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token } = await signedUp(service);
  let status = 0;
  commits.beforeNext("set", "session", async () => {
    const body = { current_password: PASSWORD, new_password: "another horse entirely" };
    ({ status } = await service.send("PUT", "/v1/account/password", body, { token }));
  });
  await assertProblem(await signInByPassword(service), "invalid_credentials");
  assertEquals([status, (await service.stored()).session], [204, 1]);
});

Deno.test("POST /v1/sessions answers 200 when its commit took effect and reported a failed check", async () => {
  await using old = await TestService.open({ passwordIterations: 300 });
  await signedUp(old);
  // The sign-in hashes the password anew, so its commit also writes the account.
  const commits = new CommitControl();
  await using service = await TestService.open({ kv: old.kv, wrapKv: commits.wrap });
  commits.break("takes effect and conflicts", { kind: "account" });
  const { session_token: token } = await bodyOf(await signInByPassword(service), 200);
  assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
  assertEquals([(await service.stored()).session, commits.faults], [2, 1]);
});

Deno.test("POST /v1/sessions says nothing of a stored account that cannot be read, and the log names it", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  const [entry] = await Array.fromAsync(service.kv.list({ prefix: ["account"] }));
  await service.kv.set(entry!.key, new Uint8Array(40));
  const body = { email: MORK, password: "any password at all" };
  const response = await service.send("POST", "/v1/sessions", body);
  const text = await response.text();
  assertEquals([response.status, JSON.parse(text).code], [503, "storage_unavailable"]);
  assert(!/record|kind|key/.test(text), text);
  const line = service.log.at(-1);
  assertEquals(line?.level, "ERROR");
  assertEquals(
    line?.detail,
    "A stored record of kind account cannot be read: another version, or no key for it",
  );
});
