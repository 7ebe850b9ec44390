/** `POST /v1/sessions/amazon`, in the order of the contract (design, section 2) and of its promises (section 4). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { House, type ProblemBody, type SignedInBody } from "./house.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";

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
