/** `/v1/sessions`: what a session token is worth (design, section 2), in the order of the contract. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { House, type HouseOptions, type SignedInBody } from "./house.ts";
import { assertProblem } from "./problems.ts";
import { aroundKv, countingKv, type KvCounts, wrapKv } from "./wrapped_kv.ts";

const DAY_MS = 86_400_000;
const HEADERS = { "cache-control": "no-store", "content-type": "application/json" };

interface SessionBody {
  id: string;
  created_at: string;
  last_used_at: string;
  device: Record<string, string>;
  current?: true;
}

interface SessionPage {
  sessions: SessionBody[];
  next_cursor: string | null;
}

Deno.test("GET /v1/sessions lists the account's sessions, newest first, the asking one as current", async () => {
  await using house = await House.open();
  const [first, second, third] = await devices(house, "mork", 3);
  await devices(house, "returning", 2);
  const response = await house.request("/v1/sessions", { token: second.session_token });
  assertAnswer(response, 200, HEADERS);
  assertEquals(await response.json(), {
    sessions: [third.session, { ...second.session, current: true }, first.session],
    next_cursor: null,
  });
  assertEquals(third.session.device, { name: "Device 2" });
  assert(third.session.created_at > second.session.created_at);
});

Deno.test("GET /v1/sessions gives every session once, for every limit, by its cursors", async () => {
  await using house = await House.open();
  const signedIn = await devices(house, "mork", 7);
  const token = signedIn[0].session_token;
  const newestFirst = signedIn.map(({ session }) => session.id).reverse();
  for (const limit of [1, 2, 3, 6, 7, 8, 100]) {
    const pages = await allPages(house, token, limit);
    assertEquals(
      pages.flatMap(({ sessions }) => sessions.map(({ id }) => id)),
      newestFirst,
      `limit ${limit}`,
    );
    assertEquals(pages.length, Math.ceil(7 / limit), `limit ${limit}`);
    for (const { sessions } of pages.slice(0, -1)) assertEquals(sessions.length, limit);
  }
});

Deno.test("GET /v1/sessions gives 50 at a time by default and 100 at most", async () => {
  await using house = await House.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const [{ session_token: token }] = await devices(house, "mork", 101);
  const [page, next] = await allPages(house, token);
  assertEquals([page?.sessions.length, next?.sessions.length], [50, 50]);
  const [most, last] = await allPages(house, token, 100);
  assertEquals([most?.sessions.length, last?.sessions.length], [100, 1]);
});

Deno.test("GET /v1/sessions goes on from the cursor of a session that is gone", async () => {
  await using house = await House.open();
  const [first, second, third] = await devices(house, "mork", 3);
  const token = first.session_token;
  const page: SessionPage = await (await house.request("/v1/sessions?limit=2", { token })).json();
  assertEquals(page.next_cursor, second.session.id);
  await house.request(`/v1/sessions/${second.session.id}`, { method: "DELETE", token });
  const next = await house.request(`/v1/sessions?limit=2&cursor=${page.next_cursor}`, { token });
  assertEquals((await next.json()).sessions.map(({ id }: SessionBody) => id), [first.session.id]);
  assertEquals(page.sessions[0]?.id, third.session.id);
});

Deno.test("GET /v1/sessions leaves out sessions that have expired", async () => {
  await using house = await House.open({ env: { SESSION_TTL_DAYS: "30" } });
  const [old] = await devices(house, "mork", 2);
  await house.clock.advance(29 * DAY_MS);
  await check(house, old.session_token);
  await house.clock.advance(2 * DAY_MS);
  const response = await house.request("/v1/sessions?limit=1", { token: old.session_token });
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

Deno.test("GET /v1/sessions refuses a limit or cursor that is none", async () => {
  await using house = await House.open();
  const { session_token: token } = await house.signedIn("mork.1");
  for (const [query, path, message] of QUERIES) {
    const problem = await assertProblem(
      await house.request(`/v1/sessions?${query}`, { token }),
      "invalid_request",
    );
    assertEquals([problem.next, problem.errors], ["fix_request", [{ path, message }]], query);
  }
});

Deno.test("GET /v1/sessions/current gives the session and account of its token", async () => {
  await using house = await House.open();
  const { session_token: token, session, account } = await house.signedIn("mork.1", {
    device: { model: "AFTKM" },
  });
  const response = await house.request("/v1/sessions/current", { token });
  assertAnswer(response, 200, HEADERS);
  const { created: _, ...known } = account;
  assertEquals(await response.json(), { session: { ...session, current: true }, account: known });
});

Deno.test("GET /v1/sessions/current takes the scheme in any case (RFC 9110, 11.1)", async () => {
  await using house = await House.open();
  const { session_token: token } = await house.signedIn("mork.1");
  for (const authorization of [`bearer ${token}`, `BEARER  ${token}`]) {
    const response = await house.request("/v1/sessions/current", { headers: { authorization } });
    assertEquals(response.status, 200, authorization);
    await response.body?.cancel();
  }
});

Deno.test("GET /v1/sessions/current costs one eventually consistent read and no write", async () => {
  const { counts, ...options } = counting();
  await using house = await House.open(options);
  const { session_token: token } = await house.signedIn("mork.1");
  reset(counts);
  await check(house, token);
  assertEquals(counts, { eventualReads: 1, strongReads: 0, commits: 0 });
});

Deno.test("GET /v1/sessions/current asks the primary before it refuses what a replica does not have yet", async () => {
  let behind = true;
  const { counts, wrapKv: count } = counting();
  await using house = await House.open({
    wrapKv: (kv) =>
      count(wrapKv(kv, {
        // A replica that has nothing yet.
        read: ({ keys, consistency }, perform) =>
          behind && consistency === "eventual"
            ? Promise.resolve(keys.map((key) => ({ key, value: null, versionstamp: null })))
            : perform(),
      })),
  });
  behind = false;
  const { session_token: token } = await house.signedIn("mork.1");
  behind = true;
  reset(counts);
  await check(house, token);
  assertEquals(counts, { eventualReads: 1, strongReads: 1, commits: 0 });
});

Deno.test("GET /v1/sessions/current renews the session's life, written at most once a day", async () => {
  const { counts, ...options } = counting();
  await using house = await House.open(options);
  const { session_token: token, session } = await house.signedIn("mork.1");
  reset(counts);
  await house.clock.advance(DAY_MS - 1);
  assertEquals((await check(house, token)).last_used_at, session.created_at);
  assertEquals(counts.commits, 0);
  await house.clock.advance(1);
  assertEquals((await check(house, token)).last_used_at, "2026-11-23T10:00:00.000Z");
  assertEquals(counts.commits, 1);
  for (let hour = 1; hour < 24; hour++) {
    await house.clock.advance(DAY_MS / 24);
    assertEquals((await check(house, token)).last_used_at, "2026-11-23T10:00:00.000Z");
  }
  assertEquals(counts, { eventualReads: 25, strongReads: 0, commits: 1 });
  await house.clock.advance(DAY_MS / 24);
  assertEquals((await check(house, token)).last_used_at, "2026-11-24T10:00:00.000Z");
  assertEquals(counts.commits, 2);
  assertEquals((await check(house, token)).created_at, session.created_at);
});

Deno.test("GET /v1/sessions/current answers though the renewal cannot be written", async () => {
  let failing = false;
  // Another change of the session came first.
  const stale = { key: ["session"], versionstamp: "00000000000000000000" };
  await using house = await House.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit: (commit, perform) =>
          perform(failing ? { ...commit, checks: [...commit.checks, stale] } : commit),
      }),
  });
  const { session_token: token, session } = await house.signedIn("mork.1");
  await house.clock.advance(DAY_MS);
  failing = true;
  assertEquals((await check(house, token)).last_used_at, session.created_at);
  failing = false;
  assertEquals((await check(house, token)).last_used_at, "2026-11-23T10:00:00.000Z");
});

Deno.test("GET /v1/sessions/current ends a session that was not used for SESSION_TTL_DAYS", async () => {
  await using house = await House.open({ env: { SESSION_TTL_DAYS: "30" } });
  const unused = await house.signedIn("mork.1");
  assertEquals([unused.expires_at, unused.expires_in], ["2026-12-22T10:00:00.000Z", 30 * 86_400]);
  await house.clock.advance(30 * DAY_MS);
  await assertInvalid(await house.request("/v1/sessions/current", { token: unused.session_token }));
});

Deno.test("GET /v1/sessions/current keeps a session that is used, and for a whole SESSION_TTL_DAYS after", async () => {
  await using house = await House.open({ env: { SESSION_TTL_DAYS: "30" } });
  const { session_token: token } = await house.signedIn("mork.1");
  for (let month = 0; month < 4; month++) {
    await house.clock.advance(30 * DAY_MS - 1);
    await check(house, token);
  }
  await house.clock.advance(30 * DAY_MS);
  await assertInvalid(await house.request("/v1/sessions/current", { token }));
});

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

const OPERATIONS = [
  ["GET", "/v1/sessions"],
  ["GET", "/v1/sessions/current"],
  ["DELETE", "/v1/sessions/current"],
  ["DELETE", `/v1/sessions/ses_${"0".repeat(32)}`],
  ["DELETE", "/v1/sessions"],
  // Without a token nothing is said of the rest of the request.
  ["GET", "/v1/sessions?limit=0"],
  ["DELETE", "/v1/sessions/x"],
] as const;

for (const [method, path] of OPERATIONS) {
  Deno.test(`${method} ${path} answers 401 without a token that is good`, async () => {
    await using house = await House.open();
    const { session_token: token } = await house.signedIn("mork.1");
    const gone = await house.signedIn("mork.2");
    await house.request("/v1/sessions/current", { method: "DELETE", token: gone.session_token });
    const secret = token.slice(-43);
    const headers: (Record<string, string>)[] = [
      {},
      { authorization: "" },
      { authorization: "Bearer" },
      { authorization: token },
      { authorization: `Basic ${btoa(`${token}:`)}` },
      { authorization: `Bearer ${token} ${token}` },
      { authorization: `Bearer ${token}, Bearer ${token}` },
      { authorization: `Bearer ${token}x` },
      { authorization: `Bearer ${token.slice(0, -1)}` },
      { authorization: `Bearer ${token.toUpperCase()}` },
      { authorization: `Bearer ${"x".repeat(10_000)}` },
      { authorization: "Bearer null" },
      { authorization: `Bearer ocs_${"0".repeat(64)}${secret}` },
      { authorization: `Bearer ${gone.session_token}` },
      { cookie: `session_token=${token}` },
    ];
    for (const header of headers) {
      await assertInvalid(await house.request(path, { method, headers: header }));
    }
    // A token in the URL is a token in every log on the way.
    const inQuery = `${path}${path.includes("?") ? "&" : "?"}access_token=${token}`;
    await assertInvalid(await house.request(inQuery, { method }));
    await check(house, token);
  });
}

Deno.test("GET /v1/sessions/current refuses what is no token without a trip to the database", async () => {
  const { counts, ...options } = counting();
  await using house = await House.open(options);
  for (
    const token of ["x", "null", `ocs_${"0".repeat(106)}`, `ocs_${"0".repeat(108)}`, `ocx_${"0".repeat(107)}`]
  ) {
    await assertInvalid(await house.request("/v1/sessions/current", { token }));
  }
  assertEquals(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
  await assertInvalid(await house.request("/v1/sessions/current", { token: `ocs_${"0".repeat(107)}` }));
  assertEquals(counts, { eventualReads: 1, strongReads: 1, commits: 0 });
});

Deno.test("GET /v1/sessions/current refuses a token of which any one character was changed", async () => {
  await using house = await House.open();
  const { session_token: token } = await house.signedIn("mork.1");
  await house.signedIn("returning.1");
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === "0" ? "1" : "0"}${token.slice(at + 1)}`;
    const response = await house.request("/v1/sessions/current", { token: changed });
    assertEquals([at, response.status], [at, 401]);
    await response.body?.cancel();
  }
});

Deno.test("GET /v1/sessions/current refuses a token put together of two good ones", async () => {
  await using house = await House.open();
  const mine = (await house.signedIn("mork.1")).session_token;
  const theirs = (await house.signedIn("returning.1")).session_token;
  const parts = (token: string) => [token.slice(4, 36), token.slice(36, 68), token.slice(68)] as const;
  const [[account, session, secret], [account2, session2, secret2]] = [parts(mine), parts(theirs)];
  for (
    const forged of [
      [account2, session, secret],
      [account, session2, secret],
      [account, session, secret2],
      [account2, session2, secret],
      [account2, session, secret2],
      [account, session2, secret2],
    ]
  ) await assertInvalid(await house.request("/v1/sessions/current", { token: `ocs_${forged.join("")}` }));
});

Deno.test("sessions are stored without their token, its secret or their devices in the clear", async () => {
  await using house = await House.open();
  const { session_token: token } = await house.signedIn("mork.1", { device: { name: "Canary room" } });
  const latin1 = new TextDecoder("latin1");
  for await (const { key, value } of house.kv.list({ prefix: ["session"] })) {
    assert(value instanceof Uint8Array);
    const stored = `${key.join("/")} ${latin1.decode(value)}`;
    assertEquals([token, token.slice(-43), "Canary"].filter((secret) => stored.includes(secret)), []);
  }
  const logged = JSON.stringify(house.log);
  assertEquals([token.slice(-43), "Canary"].filter((secret) => logged.includes(secret)), []);
});

/** Signs a customer in on so many devices, a second apart. */
async function devices(
  house: House,
  customer: string,
  count: number,
): Promise<[SignedInBody, SignedInBody, SignedInBody, ...SignedInBody[]]> {
  const signedIn: SignedInBody[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) await house.clock.advance(1000);
    signedIn.push(await house.signedIn(`${customer}.${i}`, { device: { name: `Device ${i}` } }));
  }
  return signedIn as [SignedInBody, SignedInBody, SignedInBody, ...SignedInBody[]];
}

/** Every page of the list, by its cursors. */
async function allPages(house: House, token: string, limit?: number): Promise<SessionPage[]> {
  const pages: SessionPage[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      ...(limit === undefined ? {} : { limit: String(limit) }),
      ...(cursor === null ? {} : { cursor }),
    });
    const page: SessionPage = await (await house.request(`/v1/sessions?${query}`, { token })).json();
    pages.push(page);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return pages;
}

/** Checks a token that is good and gives its session. */
async function check(house: House, token: string): Promise<SessionBody> {
  const response = await house.request("/v1/sessions/current", { token });
  assertEquals(response.status, 200);
  return (await response.json()).session;
}

function counting(): { counts: KvCounts } & Required<Pick<HouseOptions, "wrapKv">> {
  const counts: KvCounts = { eventualReads: 0, strongReads: 0, commits: 0 };
  return { counts, wrapKv: (kv) => countingKv(kv, counts) };
}

function reset(counts: KvCounts): void {
  Object.assign(counts, { eventualReads: 0, strongReads: 0, commits: 0 });
}

function assertAnswer(response: Response, status: number, headers: Record<string, string | null>): void {
  assertEquals(response.status, status);
  assertMatch(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  const names = Object.keys(headers);
  assertEquals(Object.fromEntries(names.map((name) => [name, response.headers.get(name)])), headers);
}

async function assertInvalid(response: Response): Promise<void> {
  assertEquals(response.headers.get("www-authenticate"), "Bearer");
  const problem = await assertProblem(response, "invalid_session");
  assertEquals([problem.next, problem.errors], ["sign_in", undefined]);
}
