/** `DELETE /v1/sessions` and the paths below it: which devices are signed out, and which are not. */
import { assertEquals } from "@std/assert";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import {
  addSessions,
  assertAnswer,
  assertInvalid,
  assertSession,
  type SessionPage,
  signInDevices,
} from "../../support/session_requests.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("DELETE /v1/sessions/current signs this device out and no other, and removes its record", async () => {
  await using service = await TestService.open();
  const [mine, other] = await signInDevices(service, "mork", 2);
  const response = await service.request("/v1/sessions/current", {
    method: "DELETE",
    token: mine.session_token,
  });
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  await assertInvalid(await service.request("/v1/sessions/current", { token: mine.session_token }));
  await assertSession(service, other.session_token);
  assertEquals((await service.stored()).session, 1);
  // Signing in again gives another session of the same account.
  const again = await service.signedIn("mork.again");
  assertEquals([again.account.id, again.session.id === mine.session.id], [mine.account.id, false]);
});

Deno.test("DELETE /v1/sessions/{session_id} signs another device out, and removes its record", async () => {
  await using service = await TestService.open();
  const [mine, other] = await signInDevices(service, "mork", 2);
  const remove = () =>
    service.request(`/v1/sessions/${other.session.id}`, { method: "DELETE", token: mine.session_token });
  const response = await remove();
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  await assertInvalid(await service.request("/v1/sessions/current", { token: other.session_token }));
  await assertSession(service, mine.session_token);
  assertEquals((await service.stored()).session, 1);
  assertEquals((await remove()).status, 204);
  service.clock.jump(10 * 60_000);
  await assertProblem(await remove(), "not_found");
});

Deno.test("DELETE /v1/sessions/{session_id} signs this device out by its own id", async () => {
  await using service = await TestService.open();
  const { session_token: token, session } = await service.signedIn("mork.1");
  const response = await service.request(`/v1/sessions/${session.id}`, { method: "DELETE", token });
  assertEquals(response.status, 204);
  await assertInvalid(await service.request("/v1/sessions/current", { token }));
});

Deno.test("DELETE /v1/sessions/{session_id} answers 404 to a session of another account, and leaves it signed in", async () => {
  await using service = await TestService.open();
  const mine = await service.signedIn("mork.1");
  const theirs = await service.signedIn("returning.1");
  const token = mine.session_token;
  const response = await service.request(`/v1/sessions/${theirs.session.id}`, { method: "DELETE", token });
  const problem = await assertProblem(response, "not_found");
  assertEquals(problem.next, "none");
  await assertSession(service, theirs.session_token);
  assertEquals((await service.stored()).session, 2);
});

Deno.test("DELETE /v1/sessions/{session_id} answers 404 to an unknown id", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  const response = await service.request(`/v1/sessions/ses_${"0".repeat(32)}`, { method: "DELETE", token });
  await assertProblem(response, "not_found");
});

Deno.test("DELETE /v1/sessions/{session_id} refuses a text that is not an id of a session", async () => {
  await using service = await TestService.open();
  const { session_token: token, session, account } = await service.signedIn("mork.1");
  const ids = [
    "x",
    session.id.slice(0, -1),
    `${session.id}0`,
    session.id.toUpperCase(),
    account.id,
    `${session.id}%00`,
  ];
  for (const id of ids) {
    const response = await service.request(`/v1/sessions/${id}`, { method: "DELETE", token });
    const problem = await assertProblem(response, "invalid_request");
    assertEquals(problem.errors, [{ path: "session_id", message: "Must be the id of a session" }], id);
  }
  await assertSession(service, token);
});

Deno.test("DELETE /v1/sessions signs every device out, and removes their records", async () => {
  await using service = await TestService.open();
  const signedIn = await signInDevices(service, "mork", 3);
  const stranger = await service.signedIn("returning.1");
  const response = await service.request("/v1/sessions", {
    method: "DELETE",
    token: signedIn[0].session_token,
  });
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  for (const { session_token: token } of signedIn) {
    await assertInvalid(await service.request("/v1/sessions/current", { token }));
  }
  await assertSession(service, stranger.session_token);
  assertEquals((await service.stored()).session, 1);
  const again = await service.signedIn("mork.again");
  await assertSession(service, again.session_token);
});

Deno.test("DELETE /v1/sessions?keep=current signs every other device out, and removes their records", async () => {
  await using service = await TestService.open();
  const [first, mine, third] = await signInDevices(service, "mork", 3);
  const token = mine.session_token;
  const response = await service.request("/v1/sessions?keep=current", { method: "DELETE", token });
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  for (const { session_token } of [first, third]) {
    await assertInvalid(await service.request("/v1/sessions/current", { token: session_token }));
  }
  const page: SessionPage = await (await service.request("/v1/sessions", { token })).json();
  assertEquals(page, { sessions: [{ ...mine.session, current: true }], next_cursor: null });
  assertEquals((await service.stored()).session, 1);
});

Deno.test("DELETE /v1/sessions removes the records of more devices than one commit takes", async () => {
  await using service = await TestService.open();
  const [{ account, session }, { session_token: token }] = await signInDevices(service, "mork", 2);
  const { keyring } = service.services;
  await addSessions(service.kv, keyring, { accountId: account.id, sessionId: session.id, count: 1000 });
  assertEquals((await service.stored()).session, 1002);
  const response = await service.request("/v1/sessions?keep=current", { method: "DELETE", token });
  assertEquals(response.status, 204);
  assertEquals((await service.stored()).session, 1);
  await assertSession(service, token);
});

Deno.test("DELETE /v1/sessions?keep=current from two devices at the same time keeps one of them", async () => {
  await using service = await TestService.open();
  const [one, other] = await signInDevices(service, "mork", 2);
  const answers = await Promise.all(
    [one, other].map(({ session_token: token }) =>
      service.request("/v1/sessions?keep=current", { method: "DELETE", token })
    ),
  );
  assertEquals(answers.map(({ status }) => status).toSorted(), [204, 401]);
  const statuses = await Promise.all(
    [one, other].map(async ({ session_token: token }) =>
      (await service.request("/v1/sessions/current", { token })).status
    ),
  );
  assertEquals(statuses, answers.map(({ status }) => status === 204 ? 200 : 401));
  assertEquals((await service.stored()).session, 1);
});

Deno.test("DELETE /v1/sessions answers 204 when its commit took effect and was reported as failed", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token } = await service.signedIn("mork.1");
  commits.break("takes effect and fails", { times: 1 });
  const response = await service.answerOf(service.request("/v1/sessions", { method: "DELETE", token }));
  assertEquals([response.status, commits.faults], [204, 1]);
  assertEquals((await service.stored()).session, undefined);
});

Deno.test("DELETE /v1/sessions leaves no valid session when the records cannot be removed", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const other = await service.signedIn("mork.1");
  const { session_token: token, session } = await service.signedIn("mork.2");
  commits.break("fails", { after: 1 });
  const path = "/v1/sessions?keep=current";
  const response = await service.answerOf(service.request(path, { method: "DELETE", token }));
  assertEquals(response.status, 204);
  commits.mend();
  assertEquals((await service.stored()).session, 2);
  const { sessions } = await (await service.request("/v1/sessions", { token })).json();
  assertEquals(sessions.map(({ id }: { id: string }) => id), [session.id]);
  const removal = service.request(`/v1/sessions/${other.session.id}`, { method: "DELETE", token });
  await assertProblem(await removal, "not_found");
});

Deno.test("DELETE /v1/sessions refuses any other value of `keep` than `current`", async () => {
  await using service = await TestService.open();
  const [mine, other] = await signInDevices(service, "mork", 2);
  for (const keep of ["", "all", "Current", other.session.id]) {
    const response = await service.request(`/v1/sessions?keep=${keep}`, {
      method: "DELETE",
      token: mine.session_token,
    });
    const problem = await assertProblem(response, "invalid_request");
    assertEquals(problem.errors?.map(({ path }) => path), ["?keep"], keep);
  }
  await assertSession(service, other.session_token);
});
