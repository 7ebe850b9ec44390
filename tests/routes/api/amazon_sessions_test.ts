/** `POST /v1/sessions/amazon`, in the order of the contract (routes/README.md). */
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { CUSTOMERS } from "../../../lib/dev/simulator/customers.ts";
import { hashSecret } from "../../../lib/kv/keyring.ts";
import { LINK_TICKET } from "../../../lib/kv/schema.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { ONE_SIGN_IN, TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const OTHER_KEY = "another-key-of-another-device";

Deno.test("POST /v1/sessions/amazon answers 201 with a session and the new account", async () => {
  await using service = await TestService.open();
  const device = { name: "Living room", model: "AFTKM", platform: "vega" };
  const response = await service.signIn("mork.1", { device });
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
  await using service = await TestService.open();
  const first = await service.signedIn("mork.1");
  const response = await service.signIn("mork.2");
  assertEquals(response.status, 200);
  const second: SignedInBody = await response.json();
  assertEquals(second.account, { ...first.account, created: false });
  assertNotEquals(second.session.id, first.session.id);
  assertNotEquals(second.session_token, first.session_token);
  assertEquals(await service.stored(), { ...ONE_SIGN_IN, session: 2, event: 2, exchange: 2, code_result: 2 });
});

Deno.test("POST /v1/sessions/amazon exchanges the code with the client that `app` names", async () => {
  await using service = await TestService.open();
  assertEquals((await service.signIn("new@kids.1", { app: "kids" })).status, 201);
  const other = await service.signIn("new@kids.2", { app: "tv" });
  await assertProblem(other, "code_rejected");
});

Deno.test("POST /v1/sessions/amazon keeps unusual names, missing names and foreign postal codes unchanged", async () => {
  await using service = await TestService.open();
  const { profile } = CUSTOMERS.odd;
  const odd = await service.signedIn("odd.1");
  assertEquals(odd.account.name, profile("1").name);
  assertEquals(odd.account.postal_code, profile("1").postal_code);
  const nameless = await service.signedIn("noname.1");
  assertEquals([nameless.account.name, nameless.account.postal_code], [null, null]);
});

Deno.test("POST /v1/sessions/amazon answers code_rejected to a code that Amazon refuses, and the code can be tried again", async () => {
  await using service = await TestService.open();
  const expired = service.simulator.issueCode("new");
  await service.clock.advance(5 * 60_000);
  for (const code of [expired, "unheard-of", "new~token-invalid_grant.1"]) {
    for (const calls of [1, 2]) {
      const before = service.calls.token;
      const response = await service.signIn(code, { key: KEY });
      await assertProblem(response, "code_rejected");
      assertEquals(response.headers.get("retry-after"), null);
      assertEquals(service.calls.token - before, 1, `try ${calls} of ${code}`);
    }
  }
  assertEquals(await service.stored(), {});
});

Deno.test("POST /v1/sessions/amazon answers code_in_progress while another request exchanges the code", async () => {
  await using service = await TestService.open();
  const first = service.signIn("new~token-delay-300.1", { key: KEY });
  await service.clock.advance(100);
  for (const options of [{ key: OTHER_KEY }, {}]) {
    const response = await service.signIn("new~token-delay-300.1", options);
    await assertProblem(response, "code_in_progress");
    assertEquals(response.headers.get("retry-after"), "1");
  }
  await service.clock.advance(300);
  assertEquals((await first).status, 201);
  assertEquals(service.calls, { token: 1, profile: 1 });
});

Deno.test("POST /v1/sessions/amazon answers code_already_used without the Idempotency-Key of the first request", async () => {
  await using service = await TestService.open();
  await service.signedIn("new.1", { key: KEY });
  await service.signedIn("new.2");
  for (
    const [code, options] of [["new.1", { key: OTHER_KEY }], ["new.1", {}], ["new.2", {}], ["new.2", {
      key: KEY,
    }]] as const
  ) {
    const response = await service.signIn(code, options);
    await assertProblem(response, "code_already_used");
    assertEquals(response.headers.get("idempotency-replayed"), null);
  }
  assertEquals(service.calls, { token: 2, profile: 2 });
});

Deno.test("POST /v1/sessions/amazon answers link_required with a ticket when another account has the email", async () => {
  await using service = await TestService.open();
  const owner = await service.signedIn("mork.1");
  const response = await service.signIn("twin.1", { key: KEY });
  const problem = await assertProblem(response, "link_required");
  assertMatch(problem.link_ticket ?? "", /^ocl_[A-Za-z0-9_-]{43}$/);
  assertEquals(await service.stored(), { ...ONE_SIGN_IN, exchange: 2, code_result: 2, link_ticket: 1 });

  const ticketHash = hashSecret(problem.link_ticket ?? "");
  using store = service.services.db.within(1000);
  const ticket = await store.get(LINK_TICKET, [owner.account.id, ticketHash]);
  assertEquals(ticket.value, {
    v: 1,
    amazon_user_id: CUSTOMERS.twin.profile("1").user_id,
    expires_at: service.clock.now() + 15 * 60_000,
    code_hash: hashSecret("twin.1"),
  });

  const replay = await service.signIn("twin.1", { key: KEY });
  assertEquals(replay.headers.get("idempotency-replayed"), "true");
  assertEquals((await assertProblem(replay, "link_required")).link_ticket, problem.link_ticket);
  assertEquals(service.calls, { token: 2, profile: 2 });
});

Deno.test("POST /v1/sessions/amazon answers consent_insufficient when Amazon reports insufficient_scope", async () => {
  await using service = await TestService.open();
  const response = await service.signIn("new~profile-insufficient_scope.1");
  await assertProblem(response, "consent_insufficient");
});

Deno.test("POST /v1/sessions/amazon answers profile_incomplete with the known fields of the profile", async () => {
  await using service = await TestService.open();
  const response = await service.signIn("noemail.1", { key: KEY });
  const problem = await assertProblem(response, "profile_incomplete");
  const { name, postal_code } = CUSTOMERS.noemail.profile("1");
  assertEquals(problem.prefill, { name, postal_code } as Record<string, string>);
  assertEquals((await assertProblem(await service.signIn("sparse.1"), "profile_incomplete")).prefill, {});
  // Two codes, each with its kept token: the profile at Amazon can change before a retry.
  assertEquals(await service.stored(), { exchange: 2, kept_token: 2, link_ticket: 2 });
});

Deno.test("POST /v1/sessions/amazon answers rate_limited to one client address, with the seconds to wait", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "2" } });
  for (const code of ["new.1", "new.2"]) assertEquals((await service.signIn(code)).status, 201);
  await service.clock.advance(20_500);
  const response = await service.signIn("new.3");
  await assertProblem(response, "rate_limited");
  assertEquals(response.headers.get("retry-after"), "40");
  assertEquals((await service.signIn("new.3", { address: "192.0.2.2" })).status, 201);
  await service.clock.advance(39_500);
  assertEquals((await service.signIn("new.4")).status, 201);
});

Deno.test("POST /v1/sessions/amazon takes the client's address from a proxy only with TRUST_PROXY", async () => {
  for (const [trust, expected] of [["true", 201], ["false", 429]] as const) {
    await using service = await TestService.open({
      env: { AMAZON_SIGN_INS_PER_MINUTE: "1", TRUST_PROXY: trust },
    });
    const signIn = (code: string, hops: string) =>
      service.request("/v1/sessions/amazon", {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": hops },
        body: JSON.stringify({ code }),
      });
    assertEquals((await signIn("new.1", "203.0.113.9, 198.51.100.1")).status, 201);
    assertEquals((await signIn("new.2", "203.0.113.9, 198.51.100.2")).status, expected);
    assertEquals((await signIn("new.3", "203.0.113.8, 198.51.100.1")).status, 429);
  }
});

Deno.test("POST /v1/sessions/amazon answers overloaded at once above MAX_SIGN_INS_IN_FLIGHT", async () => {
  await using service = await TestService.open({ env: { MAX_SIGN_INS_IN_FLIGHT: "1" } });
  const first = service.signIn("new~token-delay-300.1");
  await service.clock.advance(100);
  const response = await service.signIn("new.2");
  await assertProblem(response, "overloaded");
  assertEquals(response.headers.get("retry-after"), "1");
  await service.clock.advance(300);
  assertEquals((await first).status, 201);
  assertEquals((await service.signIn("new.2")).status, 201);
});
