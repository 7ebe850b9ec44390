/** `GET /v1/sessions` and `GET /v1/sessions/current`: the list, the check of a token, and its life (routes/README.md). */
import { assert, assertEquals } from "@std/assert";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import {
  assertAnswer,
  assertInvalid,
  assertSession,
  countTrips,
  type SessionBody,
  type SessionPage,
  signInDevices,
} from "../../support/session_requests.ts";
import { type KvCounts, wrapKv } from "../../support/kv_hooks.ts";

const DAY_MS = 86_400_000;
const HEADERS = { "cache-control": "no-store", "content-type": "application/json" };

Deno.test("GET /v1/sessions lists the account's sessions, newest first, and marks the session of the token as current", async () => {
  await using service = await TestService.open();
  const [first, second, third] = await signInDevices(service, "mork", 3);
  await signInDevices(service, "returning", 2);
  const response = await service.request("/v1/sessions", { token: second.session_token });
  assertAnswer(response, 200, HEADERS);
  assertEquals(await response.json(), {
    sessions: [third.session, { ...second.session, current: true }, first.session],
    next_cursor: null,
  });
  assertEquals(third.session.device, { name: "Device 2" });
  assert(third.session.created_at > second.session.created_at);
});

Deno.test("GET /v1/sessions lists each session once over all pages, with any limit", async () => {
  await using service = await TestService.open();
  const signedIn = await signInDevices(service, "mork", 7);
  const token = signedIn[0].session_token;
  const newestFirst = signedIn.map(({ session }) => session.id).reverse();
  for (const limit of [1, 2, 3, 6, 7, 8, 100]) {
    const pages = await allPages(service, token, limit);
    assertEquals(
      pages.flatMap(({ sessions }) => sessions.map(({ id }) => id)),
      newestFirst,
      `limit ${limit}`,
    );
    assertEquals(pages.length, Math.ceil(7 / limit), `limit ${limit}`);
    for (const { sessions } of pages.slice(0, -1)) assertEquals(sessions.length, limit);
  }
});

Deno.test("GET /v1/sessions lists 50 sessions on a page by default, and at most 100", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const [{ session_token: token }] = await signInDevices(service, "mork", 100);
  const [page, next] = await allPages(service, token);
  assertEquals([page?.sessions.length, next?.sessions.length], [50, 50]);
  const [most, last] = await allPages(service, token, 100);
  assertEquals([most?.sessions.length, last], [100, undefined]);
});

Deno.test("GET /v1/sessions continues from the cursor of a session that was signed out", async () => {
  await using service = await TestService.open();
  const [first, second, third] = await signInDevices(service, "mork", 3);
  const token = first.session_token;
  const page: SessionPage = await (await service.request("/v1/sessions?limit=2", { token })).json();
  assertEquals(page.next_cursor, second.session.id);
  await service.request(`/v1/sessions/${second.session.id}`, { method: "DELETE", token });
  const next = await service.request(`/v1/sessions?limit=2&cursor=${page.next_cursor}`, { token });
  assertEquals((await next.json()).sessions.map(({ id }: SessionBody) => id), [first.session.id]);
  assertEquals(page.sessions[0]?.id, third.session.id);
});

Deno.test("GET /v1/sessions omits expired sessions", async () => {
  await using service = await TestService.open({ env: { SESSION_TTL_DAYS: "30" } });
  const [old] = await signInDevices(service, "mork", 2);
  await service.clock.advance(29 * DAY_MS);
  await assertSession(service, old.session_token);
  await service.clock.advance(2 * DAY_MS);
  const response = await service.request("/v1/sessions?limit=1", { token: old.session_token });
  const page: SessionPage = await response.json();
  assertEquals([page.sessions.map(({ id }) => id), page.next_cursor], [[old.session.id], null]);
});

const QUERIES: [string, string, string][] = [
  ...["0", "101", "1000", "-1", "1.5", "", "x", "010", "+5", "1e1"]
    .map((
      limit,
    ): [string, string, string] => [`limit=${encodeURIComponent(limit)}`, "?limit", "Must be from 1 to 100"]),
  ...[
    "",
    "x",
    "ses_",
    `acc_${"0".repeat(32)}`,
    `ses_${"0".repeat(31)}`,
    `ses_${"0".repeat(33)}`,
    `ses_${"A".repeat(32)}`,
  ]
    .map((
      cursor,
    ): [string, string, string] => [`cursor=${cursor}`, "?cursor", "Must be the id of a session"]),
];

Deno.test("GET /v1/sessions answers invalid_request to an invalid limit or cursor", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  for (const [query, path, message] of QUERIES) {
    const problem = await assertProblem(
      await service.request(`/v1/sessions?${query}`, { token }),
      "invalid_request",
    );
    assertEquals([problem.next, problem.errors], ["fix_request", [{ path, message }]], query);
  }
});

Deno.test("GET /v1/sessions/current answers 200 with the session and the account of the token", async () => {
  await using service = await TestService.open();
  const { session_token: token, session, account } = await service.signedIn("mork.1", {
    device: { model: "AFTKM" },
  });
  const response = await service.request("/v1/sessions/current", { token });
  assertAnswer(response, 200, HEADERS);
  const { created: _, ...known } = account;
  assertEquals(await response.json(), { session: { ...session, current: true }, account: known });
});

Deno.test("GET /v1/sessions/current accepts the scheme in upper and lower case (RFC 9110, 11.1)", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  for (const authorization of [`bearer ${token}`, `BEARER  ${token}`]) {
    const response = await service.request("/v1/sessions/current", { headers: { authorization } });
    assertEquals(response.status, 200, authorization);
    await response.body?.cancel();
  }
});

Deno.test("GET /v1/sessions/current costs one eventually consistent read and no write", async () => {
  const { counts, ...options } = countTrips();
  await using service = await TestService.open(options);
  const { session_token: token } = await service.signedIn("mork.1");
  reset(counts);
  await assertSession(service, token);
  assertEquals(counts, { eventualReads: 1, strongReads: 0, commits: 0 });
});

Deno.test("GET /v1/sessions/current reads the primary before it refuses a session that a replica does not have yet", async () => {
  let behind = true;
  const { counts, wrapKv: count } = countTrips();
  await using service = await TestService.open({
    wrapKv: (kv) =>
      count(wrapKv(kv, {
        // A replica that has no data yet.
        read: ({ keys, consistency }, perform) =>
          behind && consistency === "eventual"
            ? Promise.resolve(keys.map((key) => ({ key, value: null, versionstamp: null })))
            : perform(),
      })),
  });
  behind = false;
  const { session_token: token } = await service.signedIn("mork.1");
  behind = true;
  reset(counts);
  await assertSession(service, token);
  assertEquals(counts, { eventualReads: 1, strongReads: 1, commits: 0 });
});

Deno.test("GET /v1/sessions/current extends the session, with at most one write a day", async () => {
  const { counts, ...options } = countTrips();
  await using service = await TestService.open(options);
  const { session_token: token, session } = await service.signedIn("mork.1");
  reset(counts);
  await service.clock.advance(DAY_MS - 1);
  assertEquals((await assertSession(service, token)).last_used_at, session.created_at);
  assertEquals(counts.commits, 0);
  await service.clock.advance(1);
  assertEquals((await assertSession(service, token)).last_used_at, "2026-11-23T10:00:00.000Z");
  await service.services.background.idle();
  assertEquals(counts.commits, 1);
  for (let hour = 1; hour < 24; hour++) {
    await service.clock.advance(DAY_MS / 24);
    assertEquals((await assertSession(service, token)).last_used_at, "2026-11-23T10:00:00.000Z");
  }
  assertEquals(counts, { eventualReads: 25, strongReads: 0, commits: 1 });
  await service.clock.advance(DAY_MS / 24);
  assertEquals((await assertSession(service, token)).last_used_at, "2026-11-24T10:00:00.000Z");
  await service.services.background.idle();
  assertEquals(counts.commits, 2);
  assertEquals((await assertSession(service, token)).created_at, session.created_at);
});

Deno.test("GET /v1/sessions/current answers 200 when the extension cannot be written", async () => {
  let failing = false;
  // A check that fails, as after another change of the session.
  const stale = { key: ["session"], versionstamp: "00000000000000000000" };
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit: (commit, perform) =>
          perform(failing ? { ...commit, checks: [...commit.checks, stale] } : commit),
      }),
  });
  const { session_token: token, account, session } = await service.signedIn("mork.1");
  await service.clock.advance(DAY_MS);
  const stored = () => service.kv.get(["session", account.id, session.id]);
  const before = (await stored()).versionstamp;
  failing = true;
  assertEquals((await assertSession(service, token)).last_used_at, "2026-11-23T10:00:00.000Z");
  await service.services.background.idle();
  failing = false;
  await assertSession(service, token);
  await service.services.background.idle();
  assert((await stored()).versionstamp !== before);
});

Deno.test("GET /v1/sessions/current answers invalid_session after SESSION_TTL_DAYS without use", async () => {
  await using service = await TestService.open({ env: { SESSION_TTL_DAYS: "30" } });
  const unused = await service.signedIn("mork.1");
  assertEquals([unused.expires_at, unused.expires_in], ["2026-12-22T10:00:00.000Z", 30 * 86_400]);
  await service.clock.advance(30 * DAY_MS);
  await assertInvalid(await service.request("/v1/sessions/current", { token: unused.session_token }));
});

Deno.test("GET /v1/sessions/current keeps a session until SESSION_TTL_DAYS after its last use", async () => {
  await using service = await TestService.open({ env: { SESSION_TTL_DAYS: "30" } });
  const { session_token: token } = await service.signedIn("mork.1");
  for (let month = 0; month < 4; month++) {
    await service.clock.advance(30 * DAY_MS - 1);
    await assertSession(service, token);
  }
  await service.clock.advance(30 * DAY_MS);
  await assertInvalid(await service.request("/v1/sessions/current", { token }));
});

Deno.test("no token, secret or device of a session is stored or logged in the clear", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1", { device: { name: "Secret room" } });
  const latin1 = new TextDecoder("latin1");
  for await (const { key, value } of service.kv.list({ prefix: ["session"] })) {
    assert(value instanceof Uint8Array);
    const stored = `${key.join("/")} ${latin1.decode(value)}`;
    assertEquals([token, token.slice(-43), "Secret"].filter((secret) => stored.includes(secret)), []);
  }
  const logged = JSON.stringify(service.log);
  assertEquals([token.slice(-43), "Secret"].filter((secret) => logged.includes(secret)), []);
});

/** Fetches all pages of the list by their cursors. */
async function allPages(service: TestService, token: string, limit?: number): Promise<SessionPage[]> {
  const pages: SessionPage[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      ...(limit === undefined ? {} : { limit: String(limit) }),
      ...(cursor === null ? {} : { cursor }),
    });
    const page: SessionPage = await (await service.request(`/v1/sessions?${query}`, { token })).json();
    pages.push(page);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return pages;
}

function reset(counts: KvCounts): void {
  Object.assign(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
}
