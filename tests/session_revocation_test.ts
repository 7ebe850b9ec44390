/** `DELETE /v1/sessions` and below: which devices are signed out, and which are not (design, section 2). */
import { assertEquals } from "@std/assert";
import { House } from "./house.ts";
import { assertProblem } from "./problems.ts";
import { assertAnswer, assertInvalid, check, devices, type SessionPage } from "./session_calls.ts";
import { aroundKv } from "./wrapped_kv.ts";

Deno.test("DELETE /v1/sessions/current signs this device out and no other, and removes its record", async () => {
  await using house = await House.open();
  const [mine, other] = await devices(house, "mork", 2);
  const response = await house.request("/v1/sessions/current", {
    method: "DELETE",
    token: mine.session_token,
  });
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  await assertInvalid(await house.request("/v1/sessions/current", { token: mine.session_token }));
  await check(house, other.session_token);
  assertEquals((await house.stored()).session, 1);
  // Signing in again gives another session of the same account.
  const again = await house.signedIn("mork.again");
  assertEquals([again.account.id, again.session.id === mine.session.id], [mine.account.id, false]);
});

Deno.test("DELETE /v1/sessions/{session_id} signs another device out, and removes its record", async () => {
  await using house = await House.open();
  const [mine, other] = await devices(house, "mork", 2);
  const remove = () =>
    house.request(`/v1/sessions/${other.session.id}`, { method: "DELETE", token: mine.session_token });
  const response = await remove();
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  await assertInvalid(await house.request("/v1/sessions/current", { token: other.session_token }));
  await check(house, mine.session_token);
  assertEquals((await house.stored()).session, 1);
  await assertProblem(await remove(), "not_found");
});

Deno.test("DELETE /v1/sessions/{session_id} signs this device out by its own id", async () => {
  await using house = await House.open();
  const { session_token: token, session } = await house.signedIn("mork.1");
  const response = await house.request(`/v1/sessions/${session.id}`, { method: "DELETE", token });
  assertEquals(response.status, 204);
  await assertInvalid(await house.request("/v1/sessions/current", { token }));
});

Deno.test("DELETE /v1/sessions/{session_id} knows no session of another account, and leaves it", async () => {
  await using house = await House.open();
  const mine = await house.signedIn("mork.1");
  const theirs = await house.signedIn("returning.1");
  const token = mine.session_token;
  const response = await house.request(`/v1/sessions/${theirs.session.id}`, { method: "DELETE", token });
  const problem = await assertProblem(response, "not_found");
  assertEquals(problem.next, "none");
  await check(house, theirs.session_token);
  assertEquals((await house.stored()).session, 2);
});

Deno.test("DELETE /v1/sessions/{session_id} answers 404 to an id of no session", async () => {
  await using house = await House.open();
  const { session_token: token } = await house.signedIn("mork.1");
  const response = await house.request(`/v1/sessions/ses_${"0".repeat(32)}`, { method: "DELETE", token });
  await assertProblem(response, "not_found");
});

Deno.test("DELETE /v1/sessions/{session_id} refuses what is no id of a session", async () => {
  await using house = await House.open();
  const { session_token: token, session, account } = await house.signedIn("mork.1");
  const ids = [
    "x",
    session.id.slice(0, -1),
    `${session.id}0`,
    session.id.toUpperCase(),
    account.id,
    `${session.id}%00`,
  ];
  for (const id of ids) {
    const response = await house.request(`/v1/sessions/${id}`, { method: "DELETE", token });
    const problem = await assertProblem(response, "invalid_request");
    assertEquals(problem.errors, [{ path: "session_id", message: "Must be the id of a session" }], id);
  }
  await check(house, token);
});

Deno.test("DELETE /v1/sessions signs every device out, and removes their records", async () => {
  await using house = await House.open();
  const signedIn = await devices(house, "mork", 3);
  const stranger = await house.signedIn("returning.1");
  const response = await house.request("/v1/sessions", {
    method: "DELETE",
    token: signedIn[0].session_token,
  });
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  for (const { session_token: token } of signedIn) {
    await assertInvalid(await house.request("/v1/sessions/current", { token }));
  }
  await check(house, stranger.session_token);
  assertEquals((await house.stored()).session, 1);
  const again = await house.signedIn("mork.again");
  await check(house, again.session_token);
});

Deno.test("DELETE /v1/sessions?keep=current signs every other device out, and removes their records", async () => {
  await using house = await House.open();
  const [first, mine, third] = await devices(house, "mork", 3);
  const token = mine.session_token;
  const response = await house.request("/v1/sessions?keep=current", { method: "DELETE", token });
  assertAnswer(response, 204, { "cache-control": "no-store", "content-type": null });
  assertEquals(await response.text(), "");
  for (const { session_token } of [first, third]) {
    await assertInvalid(await house.request("/v1/sessions/current", { token: session_token }));
  }
  const page: SessionPage = await (await house.request("/v1/sessions", { token })).json();
  assertEquals(page, { sessions: [{ ...mine.session, current: true }], next_cursor: null });
  assertEquals((await house.stored()).session, 1);
});

Deno.test("DELETE /v1/sessions removes the records of more devices than one transaction takes", async () => {
  await using house = await House.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const signedIn = await devices(house, "mork", 1001);
  const token = signedIn[500]?.session_token ?? "";
  const response = await house.request("/v1/sessions?keep=current", { method: "DELETE", token });
  assertEquals(response.status, 204);
  assertEquals((await house.stored()).session, 1);
  await check(house, token);
});

Deno.test("DELETE /v1/sessions lets one of two devices that ask at once keep itself", async () => {
  await using house = await House.open();
  const [one, other] = await devices(house, "mork", 2);
  const answers = await Promise.all(
    [one, other].map(({ session_token: token }) =>
      house.request("/v1/sessions?keep=current", { method: "DELETE", token })
    ),
  );
  assertEquals(answers.map(({ status }) => status).toSorted(), [204, 401]);
  const statuses = await Promise.all(
    [one, other].map(async ({ session_token: token }) =>
      (await house.request("/v1/sessions/current", { token })).status
    ),
  );
  assertEquals(statuses, answers.map(({ status }) => status === 204 ? 200 : 401));
  assertEquals((await house.stored()).session, 1);
});

Deno.test("DELETE /v1/sessions answers 204 when its commit took effect and was told to have failed", async () => {
  let lost = false;
  await using house = await House.open({
    wrapKv: (kv) =>
      aroundKv(kv, async (name, call) => {
        const result = await call();
        if (name !== "commit" || !lost) return result;
        lost = false;
        throw new TypeError("The answer was lost");
      }),
  });
  const { session_token: token } = await house.signedIn("mork.1");
  lost = true;
  const response = await house.answerOf(house.request("/v1/sessions", { method: "DELETE", token }));
  assertEquals(response.status, 204);
  assertEquals((await house.stored()).session, undefined);
});

Deno.test("DELETE /v1/sessions leaves nothing of use when the records cannot be removed", async () => {
  let commits = Infinity;
  await using house = await House.open({
    wrapKv: (kv) =>
      aroundKv(kv, (name, call) => {
        if (name === "commit" && commits-- <= 0) return Promise.reject(new TypeError("The disk is full"));
        return call();
      }),
  });
  const other = await house.signedIn("mork.1");
  const { session_token: token, session } = await house.signedIn("mork.2");
  commits = 1;
  const path = "/v1/sessions?keep=current";
  const response = await house.answerOf(house.request(path, { method: "DELETE", token }));
  assertEquals(response.status, 204);
  commits = Infinity;
  assertEquals((await house.stored()).session, 2);
  const { sessions } = await (await house.request("/v1/sessions", { token })).json();
  assertEquals(sessions.map(({ id }: { id: string }) => id), [session.id]);
  const removal = house.request(`/v1/sessions/${other.session.id}`, { method: "DELETE", token });
  await assertProblem(await removal, "not_found");
});

Deno.test("DELETE /v1/sessions refuses to keep anything but the current session", async () => {
  await using house = await House.open();
  const [mine, other] = await devices(house, "mork", 2);
  for (const keep of ["", "all", "Current", other.session.id]) {
    const response = await house.request(`/v1/sessions?keep=${keep}`, {
      method: "DELETE",
      token: mine.session_token,
    });
    const problem = await assertProblem(response, "invalid_request");
    assertEquals(problem.errors?.map(({ path }) => path), ["?keep"], keep);
  }
  await check(house, other.session_token);
});
