/**
 * `DELETE /v1/account` and `DELETE /v1/account/amazon-link` ask for the password, where there is one (ASVS 7.5.1,
 * 7.5.3).
 */
import { assertEquals } from "@std/assert";
import { SESSION } from "../../../lib/kv/schema.ts";
import {
  accountOf,
  bodyOf,
  countHashing,
  MORK,
  PASSWORD,
  signedUp,
  signInByPassword,
  ticketOf,
} from "../../support/account_requests.ts";
import {
  mailedTv,
  polled,
  scannedTv,
  signInOnPhone,
  signUpOnPhone,
} from "../../support/activation_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { submit } from "../../support/mailed_links.ts";
import { purchasesOf } from "../../support/purchases.ts";
import { StaleReplica } from "../../support/stale_replica.ts";
import { alterRecord } from "../../support/stored_records.ts";
import type { SignedInBody } from "../../support/bodies.ts";
import { TestService, type TestServiceOptions } from "../../support/test_service.ts";

const WRONG = "correct horse batterz";
const MINUTE_MS = 60_000;

/** The calls that ask for the password. */
const PATHS = ["/v1/account", "/v1/account/amazon-link"];

function call(
  service: TestService,
  path: string,
  token: string,
  current_password?: unknown,
): Promise<Response> {
  if (current_password === undefined) return service.request(path, { method: "DELETE", token });
  return service.send("DELETE", path, { current_password }, { token });
}

/** Makes an account with a password, to which the Amazon customer `mork` is linked. */
async function linkedCustomer(service: TestService): Promise<SignedInBody> {
  await signedUp(service, { email: MORK });
  const link_ticket = await ticketOf(service, "mork.ticket");
  return await bodyOf(await signInByPassword(service, { email: MORK, link_ticket }), 200);
}

/** Asserts that a call was refused and has changed nothing. */
async function assertRefused(service: TestService, response: Response, token: string): Promise<void> {
  const { next } = await assertProblem(response, "invalid_credentials");
  assertEquals(next, "sign_in");
  const account = await accountOf(service, token) as Record<string, unknown>;
  assertEquals([account.email, account.amazon_linked], [MORK, true]);
}

/** Sessions in which the customer has given the password, or used a mailed link, a moment ago. */
const FRESH: Record<string, (service: TestService, customer: SignedInBody) => Promise<string>> = {
  "a sign-in by password": async (service) =>
    (await bodyOf(await signInByPassword(service, { email: MORK }), 200)).session_token,
  "a sign-in with a ticket": (_, { session_token }) => Promise.resolve(session_token),
  "an activation by password": async (service) => {
    const { tv, path } = await scannedTv(service);
    assertEquals((await signInOnPhone(service, path, { email: MORK })).status, 200);
    return (await polled(service, tv)).session_token;
  },
  "an activation by a mailed link": async (service) => {
    const { tv, path } = await scannedTv(service);
    const page = await submit(service, await mailedTv(service, path, MORK), { do: "approve" });
    assertEquals(page.status, 200);
    return (await polled(service, tv)).session_token;
  },
  "a change of the password": async (service) => {
    const { session_token: token } = await service.signedIn("mork.fresh");
    for (const [current_password, new_password] of [[PASSWORD, WRONG], [WRONG, PASSWORD]]) {
      const body = { current_password, new_password };
      assertEquals((await service.send("PUT", "/v1/account/password", body, { token })).status, 204);
    }
    return token;
  },
  "a change of the email": async (service) => {
    const { session_token: token } = await service.signedIn("mork.fresh");
    const body = { email: "other@example.com", current_password: PASSWORD };
    assertEquals((await service.send("PUT", "/v1/account/email", body, { token })).status, 202);
    return token;
  },
};

/** Sessions that do not prove that the customer knows the password. */
const OTHERS: Record<string, (service: TestService, customer: SignedInBody) => Promise<string>> = {
  "one click": async (service) => (await service.signedIn("mork.other")).session_token,
  "a receipt": async (service, { session_token: token }) => {
    const purchases = purchasesOf(["sub.active.1"]);
    assertEquals((await service.send("POST", "/v1/purchases", purchases, { token })).status, 200);
    const body = { user_id: purchases.user_id, receipt_id: "sub.active.1" };
    return (await bodyOf(await service.send("POST", "/v1/sessions/receipt", body), 200)).session_token;
  },
  "a sign-in by password 15 minutes ago": async (service, { session_token: token }) => {
    await service.clock.advance(15 * MINUTE_MS);
    return token;
  },
  "an activation that was approved 15 minutes ago": async (service) => {
    const { tv, path } = await scannedTv(service);
    await signInOnPhone(service, path, { email: MORK });
    await service.clock.advance(8 * MINUTE_MS);
    const { session_token } = await polled(service, tv);
    await service.clock.advance(7 * MINUTE_MS);
    return session_token;
  },
  "a sign-in that a version before has stored": async (service, { account, session, session_token }) => {
    await alterRecord(service, SESSION, [account.id, session.id], ({ proved_at: _, ...record }) => record);
    return session_token;
  },
};

const open = (options: TestServiceOptions = {}) =>
  TestService.open({ ...options, env: { RECEIPT_SIGN_IN: "on", ...options.env } });

for (const path of PATHS) {
  for (const [what, sessionOf] of Object.entries(FRESH)) {
    Deno.test(`DELETE ${path} asks for no password after ${what}, and refuses a wrong one`, async () => {
      await using service = await open();
      const token = await sessionOf(service, await linkedCustomer(service));
      await assertRefused(service, await call(service, path, token, WRONG), token);
      assertEquals((await call(service, path, token)).status, 204);
    });
  }

  for (const [what, sessionOf] of Object.entries(OTHERS)) {
    Deno.test(`DELETE ${path} asks for the password in a session of ${what}`, async () => {
      await using service = await open();
      const token = await sessionOf(service, await linkedCustomer(service));
      await assertRefused(service, await call(service, path, token), token);
      await assertRefused(service, await call(service, path, token, null), token);
      await assertRefused(service, await call(service, path, token, WRONG), token);
      assertEquals((await call(service, path, token, PASSWORD)).status, 204);
      // The same call, sent again.
      assertEquals((await call(service, path, token, PASSWORD)).status, 204);
      assertEquals((await call(service, path, token)).status, 204);
    });
  }

  Deno.test(`DELETE ${path} counts wrong passwords with those of a change, and no request without one`, async () => {
    await using service = await open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "3" } });
    await linkedCustomer(service);
    const { session_token: token } = await service.signedIn("mork.other");
    for (let i = 0; i < 5; i++) await assertProblem(await call(service, path, token), "invalid_credentials");
    for (let i = 0; i < 2; i++) {
      await assertProblem(await call(service, path, token, WRONG), "invalid_credentials");
    }
    const body = { current_password: WRONG, new_password: "another horse entirely" };
    const change = await service.send("PUT", "/v1/account/password", body, { token });
    await assertProblem(change, "invalid_credentials");
    await assertProblem(await call(service, path, token, PASSWORD), "rate_limited");
    await service.clock.advance(15 * MINUTE_MS);
    assertEquals((await call(service, path, token, PASSWORD)).status, 204);
  });

  Deno.test(`DELETE ${path} answers a body that is none as every call does, and changes nothing`, async () => {
    await using service = await open();
    const { session_token: token } = await linkedCustomer(service);
    using hashing = countHashing();
    for (const wrong of ["", 1, ["x"], "p".repeat(257)]) {
      const { errors } = await assertProblem(await call(service, path, token, wrong), "invalid_request");
      assertEquals(errors?.map((error) => error.path), ["/current_password"]);
    }
    const send = (body: string, type: string) =>
      service.request(path, { method: "DELETE", token, body, headers: { "content-type": type } });
    await assertProblem(await send("{", "application/json"), "invalid_request");
    await assertProblem(await send("[]", "application/json"), "invalid_request");
    await assertProblem(await send(`current_password=${WRONG}`, "text/plain"), "unsupported_media_type");
    await assertProblem(await send(" ".repeat(20_000), "application/json"), "payload_too_large");
    assertEquals(hashing.count, 0);
    assertEquals((await send("", "application/json")).status, 204);
  });

  Deno.test(`DELETE ${path} refuses a password that was changed while it was checked`, async () => {
    const commits = new CommitControl();
    await using service = await open({ wrapKv: (kv) => commits.wrap(kv) });
    const { session_token: fresh } = await linkedCustomer(service);
    const { session_token: token } = await service.signedIn("mork.other");
    const body = { current_password: PASSWORD, new_password: "another horse entirely" };
    commits.beforeNext("set", "tries", () => service.send("PUT", "/v1/account/password", body, { token }));
    await assertRefused(service, await call(service, path, token, PASSWORD), token);
    assertEquals(await accountOf(service, fresh), 401);
  });

  Deno.test(`DELETE ${path} believes no replica that is behind the password`, async () => {
    const replica = new StaleReplica();
    await using service = await open({ wrapKv: (kv) => replica.wrap(kv) });
    await linkedCustomer(service);
    const { session_token: token } = await service.signedIn("mork.other");
    await replica.freeze(service.kv);
    const body = { current_password: PASSWORD, new_password: "another horse entirely" };
    assertEquals((await service.send("PUT", "/v1/account/password", body, { token })).status, 204);
    assertEquals((await call(service, path, token)).status, 204);
  });
}

Deno.test("DELETE /v1/account asks for no password while it is temporary, and takes none", async () => {
  await using service = await open();
  const { session_token: token } = await service.signedIn("mork.1");
  await service.clock.advance(16 * MINUTE_MS);
  using hashing = countHashing();
  await assertProblem(await call(service, "/v1/account", token, PASSWORD), "invalid_credentials");
  assertEquals((await call(service, "/v1/account", token)).status, 204);
  assertEquals(hashing.count, 0);
});

Deno.test("DELETE /v1/account/amazon-link answers password_temporary with a password too", async () => {
  await using service = await open();
  const { session_token: token } = await service.signedIn("mork.1");
  for (const password of [undefined, PASSWORD]) {
    await assertProblem(
      await call(service, "/v1/account/amazon-link", token, password),
      "password_temporary",
    );
  }
});

Deno.test("a sign-up proves the password, as does a sign-up on the phone", async () => {
  await using service = await open();
  const { session_token } = await signedUp(service);
  assertEquals((await call(service, "/v1/account", session_token)).status, 204);
  const { tv, path } = await scannedTv(service);
  assertEquals((await signUpOnPhone(service, path)).status, 200);
  const { session_token: token } = await polled(service, tv, 201);
  assertEquals((await call(service, "/v1/account", token)).status, 204);
});

Deno.test("unlinking with the password lets the same session delete the account", async () => {
  await using service = await open();
  await linkedCustomer(service);
  const { session_token: token } = await service.signedIn("mork.other");
  assertEquals((await call(service, "/v1/account/amazon-link", token, PASSWORD)).status, 204);
  assertEquals((await call(service, "/v1/account", token)).status, 204);
});
