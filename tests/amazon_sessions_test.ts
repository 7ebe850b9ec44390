/** `POST /v1/sessions/amazon`, in the order of the contract (design, section 2) and of its promises (section 4). */
import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { LEASE_MARGIN_MS, REPLAY_MS } from "../lib/amazon/code_exchange.ts";
import { Deadline } from "../lib/clock.ts";
import { CUSTOMERS } from "../lib/dev/simulator/customers.ts";
import { hashSecret, SealError } from "../lib/kv/keyring.ts";
import { ACCOUNT, EXCHANGE, LINK_TICKET } from "../lib/kv/schema.ts";
import { House, type ProblemBody, type SignedInBody } from "./house.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const OTHER_KEY = "another-key-of-another-device";

Deno.test("POST /v1/sessions/amazon answers 201 with a session and the new account", async () => {
  await using house = await House.open();
  const device = { name: "Living room", model: "AFTKM", platform: "vega" };
  const response = await house.signIn("mork.1", { device });
  assertEquals(response.status, 201);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertMatch(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  assertEquals(response.headers.get("idempotency-replayed"), null);
  const body: SignedInBody = await response.json();
  assertMatch(body.session_token, /^ocs_[0-9a-f]{64}[A-Za-z0-9_-]{43}$/);
  assertMatch(body.session.id, /^ses_[0-9a-f]{32}$/);
  assertMatch(body.account.id, /^acc_[0-9a-f]{32}$/);
  const now = "2026-11-22T10:00:00.000Z";
  assertEquals(body, {
    session_token: body.session_token,
    token_type: "Bearer",
    expires_at: "2027-11-22T10:00:00.000Z",
    expires_in: 31_536_000,
    session: { id: body.session.id, created_at: now, last_used_at: now, device },
    account: {
      id: body.account.id,
      created: true,
      email: "mhashimoto-04@plaxo.com",
      email_verified: false,
      name: "Mork Hashimoto",
      postal_code: "98052",
      password: "temporary",
      amazon_linked: true,
      created_at: now,
    },
  });
});

Deno.test("POST /v1/sessions/amazon answers 200 with a new session to a known customer", async () => {
  await using house = await House.open();
  const first = await house.signedIn("mork.1");
  const response = await house.signIn("mork.2");
  assertEquals(response.status, 200);
  const second: SignedInBody = await response.json();
  assertEquals(second.account, { ...first.account, created: false });
  assertNotEquals(second.session.id, first.session.id);
  assertNotEquals(second.session_token, first.session_token);
  assertEquals(await house.stored(), { account: 1, amazon_user: 1, email: 1, session: 2, exchange: 2 });
});

Deno.test("POST /v1/sessions/amazon exchanges the code with the client that `app` names", async () => {
  await using house = await House.open();
  assertEquals((await house.signIn("new@kids.1", { app: "kids" })).status, 201);
  const other = await house.signIn("new@kids.2", { app: "tv" });
  assertEquals(other.status, 400);
  assertEquals((await problemOf(other)).code, "code_rejected");
});

Deno.test("POST /v1/sessions/amazon keeps odd names, absent names and foreign postal codes as they are", async () => {
  await using house = await House.open();
  const { profile } = CUSTOMERS.odd;
  const odd = await house.signedIn("odd.1");
  assertEquals(odd.account.name, profile("1").name);
  assertEquals(odd.account.postal_code, profile("1").postal_code);
  const nameless = await house.signedIn("noname.1");
  assertEquals([nameless.account.name, nameless.account.postal_code], [null, null]);
});

Deno.test("POST /v1/sessions/amazon answers code_rejected to what Amazon does not accept, and lets it be tried again", async () => {
  await using house = await House.open();
  const expired = house.simulator.issueCode("new");
  await house.clock.advance(5 * 60_000);
  for (const code of [expired, "unheard-of", "new~token-invalid_grant.1"]) {
    for (const calls of [1, 2]) {
      const before = house.calls.token;
      const response = await house.signIn(code, { key: KEY });
      await assertProblem(response, { status: 400, code: "code_rejected", next: "new_code" });
      assertEquals(response.headers.get("retry-after"), null);
      assertEquals(house.calls.token - before, 1, `try ${calls} of ${code}`);
    }
  }
  assertEquals(await house.stored(), {});
});

Deno.test("POST /v1/sessions/amazon answers code_in_progress while another request exchanges the code", async () => {
  await using house = await House.open();
  const first = house.signIn("new~token-delay-300.1", { key: KEY });
  await house.clock.advance(100);
  for (const options of [{ key: KEY }, { key: OTHER_KEY }, {}]) {
    const response = await house.signIn("new~token-delay-300.1", options);
    await assertProblem(response, { status: 409, code: "code_in_progress", next: "retry" });
    assertEquals(response.headers.get("retry-after"), "1");
  }
  await house.clock.advance(300);
  assertEquals((await first).status, 201);
  assertEquals(house.calls, { token: 1, profile: 1 });
});

Deno.test("POST /v1/sessions/amazon answers code_already_used without the Idempotency-Key of the first request", async () => {
  await using house = await House.open();
  await house.signedIn("new.1", { key: KEY });
  await house.signedIn("new.2");
  for (
    const [code, options] of [["new.1", { key: OTHER_KEY }], ["new.1", {}], ["new.2", {}], ["new.2", {
      key: KEY,
    }]] as const
  ) {
    const response = await house.signIn(code, options);
    await assertProblem(response, { status: 409, code: "code_already_used", next: "new_code" });
    assertEquals(response.headers.get("idempotency-replayed"), null);
  }
  assertEquals(house.calls, { token: 2, profile: 2 });
});

Deno.test("POST /v1/sessions/amazon answers link_required with a ticket when another account has the email", async () => {
  await using house = await House.open();
  const owner = await house.signedIn("mork.1");
  const response = await house.signIn("twin.1", { key: KEY });
  const problem = await assertProblem(response, { status: 409, code: "link_required", next: "sign_in" });
  assertMatch(problem.link_ticket ?? "", /^ocl_[A-Za-z0-9_-]{43}$/);
  assertEquals(await house.stored(), {
    account: 1,
    amazon_user: 1,
    email: 1,
    session: 1,
    exchange: 2,
    link_ticket: 1,
  });

  const ticketHash = hashSecret(problem.link_ticket ?? "");
  using deadline = new Deadline(house.clock, 1000);
  const ticket = await house.services.db.get(LINK_TICKET, [ticketHash], { consistency: "strong", deadline });
  assertEquals(ticket.value, {
    v: 1,
    amazon_user_id: CUSTOMERS.twin.profile("1").user_id,
    account_id: owner.account.id,
    expires_at: house.clock.now() + 15 * 60_000,
  });

  const replay = await house.signIn("twin.1", { key: KEY });
  assertEquals(replay.headers.get("idempotency-replayed"), "true");
  assertEquals((await problemOf(replay)).link_ticket, problem.link_ticket);
  assertEquals(house.calls, { token: 2, profile: 2 });
});

Deno.test("POST /v1/sessions/amazon answers consent_insufficient when Amazon says so", async () => {
  await using house = await House.open();
  const response = await house.signIn("new~profile-insufficient_scope.1");
  await assertProblem(response, { status: 403, code: "consent_insufficient", next: "sign_up" });
});

Deno.test("POST /v1/sessions/amazon answers profile_incomplete with what the profile has", async () => {
  await using house = await House.open();
  const response = await house.signIn("noemail.1", { key: KEY });
  const problem = await assertProblem(response, { status: 422, code: "profile_incomplete", next: "sign_up" });
  const { name, postal_code } = CUSTOMERS.noemail.profile("1");
  assertEquals(problem.prefill, { name, postal_code } as Record<string, string>);
  assertEquals((await problemOf(await house.signIn("sparse.1"))).prefill, {});
  assertEquals(await house.stored(), { exchange: 2 });
});

Deno.test("POST /v1/sessions/amazon answers rate_limited to one client address, with the seconds to wait", async () => {
  await using house = await House.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "2" } });
  for (const code of ["new.1", "new.2"]) assertEquals((await house.signIn(code)).status, 201);
  await house.clock.advance(20_500);
  const response = await house.signIn("new.3");
  await assertProblem(response, { status: 429, code: "rate_limited", next: "retry" });
  assertEquals(response.headers.get("retry-after"), "40");
  assertEquals((await house.signIn("new.3", { address: "192.0.2.2" })).status, 201);
  await house.clock.advance(39_500);
  assertEquals((await house.signIn("new.4")).status, 201);
});

Deno.test("POST /v1/sessions/amazon takes the address from a proxy only when told to", async () => {
  for (const [trust, expected] of [["true", 201], ["false", 429]] as const) {
    await using house = await House.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "1", TRUST_PROXY: trust } });
    const signIn = (code: string, hops: string) =>
      house.request("/v1/sessions/amazon", {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": hops },
        body: JSON.stringify({ code }),
      });
    assertEquals((await signIn("new.1", "203.0.113.9, 198.51.100.1")).status, 201);
    assertEquals((await signIn("new.2", "203.0.113.9, 198.51.100.2")).status, expected);
    assertEquals((await signIn("new.3", "203.0.113.8, 198.51.100.1")).status, 429);
  }
});

Deno.test("POST /v1/sessions/amazon answers upstream_unavailable at once above MAX_SIGN_INS_IN_FLIGHT", async () => {
  await using house = await House.open({ env: { MAX_SIGN_INS_IN_FLIGHT: "1" } });
  const first = house.signIn("new~token-delay-300.1");
  await house.clock.advance(100);
  const response = await house.signIn("new.2");
  await assertProblem(response, { status: 503, code: "upstream_unavailable", next: "retry" });
  assertEquals(response.headers.get("retry-after"), "2");
  await house.clock.advance(300);
  assertEquals((await first).status, 201);
  assertEquals((await house.signIn("new.2")).status, 201);
});

Deno.test("promise 1: of 64 requests with one code, one exchanges it", async () => {
  await using house = await House.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const responses = await Promise.all(Array.from({ length: 64 }, () => house.signIn("new.1")));
  const statuses = Map.groupBy(responses, (response) => response.status);
  assertEquals(statuses.get(201)?.length, 1);
  assertEquals(statuses.get(409)?.length, 63);
  assertEquals(house.calls, { token: 1, profile: 1 });
  assertEquals(await house.stored(), { account: 1, amazon_user: 1, email: 1, session: 1, exchange: 1 });
});

Deno.test("promise 2: a retry goes on from the kept token when the profile could not be fetched", async () => {
  await using house = await House.open();
  const code = "new~profile-503*3.1";
  const first = house.signIn(code, { key: KEY });
  await house.clock.advance(2000);
  const response = await first;
  await assertProblem(response, { status: 503, code: "upstream_unavailable", next: "retry" });
  assertEquals(house.calls, { token: 1, profile: 3 });
  await assertProblem(await house.signIn(code), { status: 409, code: "code_already_used", next: "new_code" });
  assertEquals((await house.signIn(code, { key: KEY })).status, 201);
  assertEquals(house.calls, { token: 1, profile: 4 });
});

Deno.test("promise 2: a request without a key leaves the kept token to whoever holds the code", async () => {
  await using house = await House.open();
  const first = house.signIn("new~profile-503*3.1");
  await house.clock.advance(2000);
  assertEquals((await first).status, 503);
  assertEquals((await house.signIn("new~profile-503*3.1", { key: KEY })).status, 201);
  const replay = await house.signIn("new~profile-503*3.1", { key: KEY });
  assertEquals([replay.status, replay.headers.get("idempotency-replayed")], [201, "true"]);
  assertEquals(house.calls.token, 1);
});

Deno.test("promise 2: the lease of a process that died before the token ends after seconds", async () => {
  await using house = await House.open();
  const dead = await House.open({
    kv: house.kv,
    simulator: house.simulator,
    wrapFetch: () => () => new Promise<Response>(() => {}),
  });
  dead.signIn("new.1", { key: KEY });
  await dead.clock.advance(0);
  await assertProblem(await house.signIn("new.1", { key: KEY }), {
    status: 409,
    code: "code_in_progress",
    next: "retry",
  });
  await house.clock.advance(6000 + LEASE_MARGIN_MS);
  assertEquals((await house.signIn("new.1", { key: KEY })).status, 201);
});

Deno.test("promise 2: after a death with the token kept, the retry signs in without another token", async () => {
  await using house = await House.open();
  const dead = await House.open({
    kv: house.kv,
    simulator: house.simulator,
    wrapFetch: (fetch) => (input, init) =>
      String(input).includes("profile") ? new Promise<Response>(() => {}) : fetch(input, init),
  });
  dead.signIn("new.1", { key: KEY });
  await dead.clock.advance(0);
  await house.clock.advance(6000 + LEASE_MARGIN_MS);
  assertEquals((await house.signIn("new.1", { key: KEY })).status, 201);
  assertEquals(house.calls, { token: 1, profile: 1 });
});

Deno.test("promise 3: the same code and key give the same answer for 10 minutes, and no longer", async () => {
  await using house = await House.open();
  const first = await house.signIn("new.1", { key: KEY });
  const body = await first.text();
  await house.clock.advance(REPLAY_MS - 1);
  const replay = await house.signIn("new.1", { key: KEY });
  assertEquals(replay.status, first.status);
  assertEquals(replay.headers.get("idempotency-replayed"), "true");
  assertEquals(replay.headers.get("cache-control"), "no-store");
  assertEquals(await replay.text(), body);
  await house.clock.advance(1);
  await assertProblem(await house.signIn("new.1", { key: KEY }), {
    status: 409,
    code: "code_already_used",
    next: "new_code",
  });
  assertEquals(house.calls, { token: 1, profile: 1 });
  assertEquals(await house.stored(), { account: 1, amazon_user: 1, email: 1, session: 1, exchange: 1 });
});

Deno.test("promise 3: what is stored for a replay opens with neither the code nor the key ring alone", async () => {
  await using house = await House.open();
  await house.signedIn("new.1", { key: KEY });
  const codeHash = hashSecret("new.1");
  using deadline = new Deadline(house.clock, 1000);
  const { value } = await house.services.db.get(EXCHANGE, [codeHash], { consistency: "strong", deadline });
  assert(value?.state === "done" && value.answer !== null);
  const { answer } = value;
  for (const proof of [undefined, "new.1", `5:new.1${OTHER_KEY}`, KEY]) {
    assertThrows(() => house.services.keyring.open(answer, `exchange/${codeHash}/answer`, proof), SealError);
  }
});

Deno.test("promise 4: a commit that fails leaves no part of an account behind", async () => {
  let broken = true;
  await using house = await House.open({
    wrapKv: (kv) => failingAccountCommits(kv, () => broken),
  });
  const first = house.signIn("new.1", { key: KEY });
  await house.clock.advance(10_000);
  const response = await first;
  await assertProblem(response, { status: 503, code: "storage_unavailable", next: "retry" });
  assertEquals(response.headers.get("retry-after"), "1");
  assertEquals(await house.stored(), { exchange: 1 });
  broken = false;
  assertEquals((await house.signIn("new.1", { key: KEY })).status, 201);
  assertEquals(house.calls.token, 1);
});

Deno.test("promise 5: however many codes of a customer race, there is one account", async () => {
  await using house = await House.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const codes = Array.from({ length: 48 }, (_, i) => `mork.${i}`);
  const pending = Promise.all(codes.map((code) => house.signIn(code)));
  await house.clock.advance(2000);
  const responses = await pending;
  assertEquals(responses.filter((response) => response.status === 201).length, 1);
  assertEquals(responses.filter((response) => response.status === 200).length, 47);
  assertEquals(await house.stored(), { account: 1, amazon_user: 1, email: 1, session: 48, exchange: 48 });
});

Deno.test("promise 5: a known customer signs in with another email, and the stored one stays", async () => {
  await using house = await House.open();
  const { account } = await house.signedIn("mork.1");
  const moved = await house.signedIn("moved.1");
  assertEquals(moved.account, { ...account, created: false });
  assertEquals(await house.stored(), { account: 1, amazon_user: 1, email: 1, session: 2, exchange: 2 });
});

Deno.test("promise 9: the account of a one-click customer has a temporary password that no one was given", async () => {
  await using house = await House.open();
  const { account } = await house.signedIn("mork.1");
  assertEquals(account.password, "temporary");
  using deadline = new Deadline(house.clock, 1000);
  const { value } = await house.services.db.get(ACCOUNT, [account.id], { consistency: "strong", deadline });
  assertEquals(value?.password.kind, "temporary");
});

async function problemOf(response: Response): Promise<ProblemBody> {
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  return await response.json();
}

async function assertProblem(
  response: Response,
  expected: { status: number; code: string; next: string },
): Promise<ProblemBody> {
  const problem = await problemOf(response);
  assertEquals({ status: response.status, code: problem.code, next: problem.next }, expected);
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertEquals(problem.status, expected.status);
  assertEquals(problem.type, `http://localhost:8000/problems/${expected.code}`);
  assertEquals(problem.request_id, response.headers.get("x-request-id"));
  return problem;
}

/** A database that refuses every commit with an account in it, while it is broken. */
function failingAccountCommits(kv: Deno.Kv, isBroken: () => boolean): Deno.Kv {
  return new Proxy(kv, {
    get(target, name) {
      const method = Reflect.get(target, name, target);
      if (name !== "atomic") return typeof method === "function" ? method.bind(target) : method;
      return () => {
        const operation = target.atomic();
        const mutate = operation.mutate.bind(operation);
        operation.mutate = (...mutations) => {
          if (isBroken() && mutations.some(({ key }) => key[0] === "account")) {
            operation.commit = () => Promise.reject(new TypeError("The disk is full"));
          }
          return mutate(...mutations);
        };
        return operation;
      };
    },
  });
}
