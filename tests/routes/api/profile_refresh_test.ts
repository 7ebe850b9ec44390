/** `POST /v1/account/profile-refresh`: Amazon's refresh token, kept and used. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { listEvents } from "../../../lib/events/events.ts";
import { REFRESH_TOKEN } from "../../../lib/kv/schema.ts";
import { accountOf, MORK, signedUp, signInByPassword, ticketOf } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { resetLink } from "../../support/mailed_links.ts";
import { NEW, submitPassword } from "../../support/reset_requests.ts";
import { findSecrets } from "../../support/secret_scan.ts";
import { assertInvalid } from "../../support/session_requests.ts";
import { TestService, type TestServiceOptions } from "../../support/test_service.ts";

const USER_ID = "amznl.account.K2LI23KL2LK2";

const open = (options: TestServiceOptions = {}) =>
  TestService.open({ ...options, env: { AMAZON_KEEP_REFRESH_TOKEN: "true", ...options.env } });

const refresh = (service: TestService, token?: string) =>
  service.request("/v1/account/profile-refresh", {
    method: "POST",
    ...(token === undefined ? {} : { token }),
  });

/** Reads the stored refresh token of an account. */
async function keptToken(service: TestService, id: string): Promise<string | null> {
  const key = [REFRESH_TOKEN.kind, id];
  const { value } = await service.kv.get<Uint8Array>(key);
  return value === null ? null : JSON.parse(service.services.keyring.open(value, key.join("/"))).token;
}

async function refreshed(service: TestService, token: string): Promise<Record<string, unknown>> {
  const response = await service.answerOf(refresh(service, token));
  const body = await response.json();
  assertEquals(response.status, 200, JSON.stringify(body));
  return body;
}

for (const AMAZON_TOKEN_REQUEST of ["query", "form"]) {
  Deno.test(`a refresh brings the name and postal code of Amazon, by a request of RFC 6749 in the ${AMAZON_TOKEN_REQUEST}`, async () => {
    await using service = await open({ env: { AMAZON_TOKEN_REQUEST } });
    const { session_token: token, account } = await service.signedIn("mork.1");
    service.simulator.editProfile(USER_ID, { name: "Mork H. Hashimoto", postal_code: "10115" });
    const { created: _, ...before } = account;
    const after = { ...before, name: "Mork H. Hashimoto", postal_code: "10115" };
    assertEquals(await refreshed(service, token), after);
    assertEquals(await accountOf(service, token), after);
    const sent = service.simulator.requests.filter(({ endpoint }) => endpoint === "token").at(-1);
    const parameters = AMAZON_TOKEN_REQUEST === "query"
      ? new URL(sent?.url ?? "").searchParams
      : new URLSearchParams(sent?.body);
    assertEquals(parameters.get("grant_type"), "refresh_token");
    assertEquals(parameters.get("refresh_token"), await keptToken(service, account.id));
    const { events } = await listEvents(service.services, { accountId: account.id, limit: 10 });
    assertEquals(events[0]?.type, "account.updated");
    // Nothing has changed since: no event.
    await refreshed(service, token);
    const again = await listEvents(service.services, { accountId: account.id, limit: 10 });
    assertEquals(again.events.length, events.length);
  });
}

Deno.test("what the customer has edited stays, also what they have cleared", async () => {
  await using service = await open();
  const { session_token: token } = await service.signedIn("mork.1");
  await service.send("PATCH", "/v1/account", { name: "My name" }, { token });
  service.simulator.editProfile(USER_ID, { name: "Another", postal_code: "10115" });
  const once = await refreshed(service, token);
  assertEquals([once.name, once.postal_code], ["My name", "10115"]);
  await service.send("PATCH", "/v1/account", { postal_code: null }, { token });
  const twice = await refreshed(service, token);
  assertEquals([twice.name, twice.postal_code], ["My name", null]);
});

Deno.test("an account that began with a sign-up keeps its name, and a name that Amazon has no more stays", async () => {
  await using service = await open();
  await signedUp(service, { email: MORK, name: "Typed" });
  const link_ticket = await ticketOf(service, "mork.1");
  await signInByPassword(service, { email: MORK, link_ticket });
  const { session_token: token } = await service.signedIn("mork.2");
  assertEquals((await refreshed(service, token)).name, "Typed");

  const other = await service.signedIn("returning.1");
  service.simulator.editProfile("amznl.account.R3TURN1NGR1TA", { name: "" });
  assertEquals((await refreshed(service, other.session_token)).name, "Rita Returning");
});

Deno.test("a changed email is reported as amazon_email, and never rebound", async () => {
  await using service = await open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  assertEquals("amazon_email" in await refreshed(service, token), false);
  service.simulator.editProfile(USER_ID, { email: "Mork.Moved@example.com" });
  const body = await refreshed(service, token);
  assertEquals([body.email, body.amazon_email], [MORK, "Mork.Moved@example.com"]);
  assertEquals((await accountOf(service, token) as { email: string }).email, MORK);
  assertEquals((await service.signedIn("mork.2")).account.id, account.id);
});

Deno.test("a token that Amazon refuses is removed, and the next one click brings a new one", async () => {
  await using service = await open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  service.simulator.revokeRefreshTokens();
  const { next } = await assertProblem(await service.answerOf(refresh(service, token)), "code_rejected");
  assertEquals([next, await keptToken(service, account.id)], ["new_code", null]);
  const calls = service.calls.token;
  await assertProblem(await refresh(service, token), "code_rejected");
  assertEquals(service.calls.token, calls, "Without a token nothing is sent to Amazon");
  const again = await service.signedIn("mork.2");
  await refreshed(service, again.session_token);
});

/** An Amazon that gives a new refresh token for each, and takes none twice (RFC 6749, section 10.4). */
function rotating(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const issued = new Map<string, string>();
  const spent = new Set<string>();
  return async (input, init) => {
    const url = new URL(String(input));
    const token = url.searchParams.get("refresh_token");
    if (token === null) return await fetch(input, init);
    if (spent.has(token)) return Response.json({ error: "invalid_grant" }, { status: 400 });
    spent.add(token);
    const first = issued.get(token) ?? token;
    url.searchParams.set("refresh_token", first);
    const refresh_token = `Atzr|rotated-${spent.size}`;
    issued.set(refresh_token, first);
    return Response.json({ ...await (await fetch(url, init)).json(), refresh_token });
  };
}

Deno.test("a newer refresh token takes the place of the one that was used", async () => {
  await using service = await open({ wrapFetch: rotating });
  const { session_token: token, account } = await service.signedIn("mork.1");
  for (const count of [1, 2]) {
    await refreshed(service, token);
    assertEquals(await keptToken(service, account.id), `Atzr|rotated-${count}`);
  }
});

Deno.test("of two refreshes at once, with a token that Amazon takes once, one is answered at least, and the newer token stays", async () => {
  await using service = await open({ wrapFetch: rotating });
  const { session_token: token, account } = await service.signedIn("mork.1");
  const answers = await Promise.all(
    [refresh(service, token), refresh(service, token)].map((answer) => service.answerOf(answer)),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assert(statuses[0] === 200 && [200, 400].includes(statuses[1] ?? 0), statuses.join(" "));
  assert((await keptToken(service, account.id))?.startsWith("Atzr|rotated-"));
  await refreshed(service, token);
});

Deno.test("a token that is refused because another request has used it gives way to the newer one", async () => {
  const first = Promise.withResolvers<void>();
  await using service = await open({
    wrapFetch: (fetch) => {
      const once = rotating(fetch);
      return async (input, init) => {
        const response = await once(input, init);
        if (response.status === 400) await first.promise;
        return response;
      };
    },
  });
  const { session_token: token, account } = await service.signedIn("mork.1");
  const both = [refreshed(service, token), refreshed(service, token)];
  await Promise.race(both);
  first.resolve();
  const [one, other] = await Promise.all(both);
  assertEquals(one, other);
  assertEquals(await keptToken(service, account.id), "Atzr|rotated-2");
});

Deno.test("a newer token is not stored for a customer who has unlinked Amazon meanwhile", async () => {
  const meanwhile = { does: (): Promise<unknown> => Promise.resolve() };
  await using service = await open({
    wrapFetch: (fetch) => {
      const once = rotating(fetch);
      return async (input, init) => {
        const response = await once(input, init);
        if (String(input).includes("refresh_token=")) await meanwhile.does();
        return response;
      };
    },
  });
  const { account } = await service.signedIn("mork.1");
  await submitPassword(service, await resetLink(service, MORK));
  const { session_token: token } = await (await signInByPassword(service, { email: MORK, password: NEW }))
    .json();
  meanwhile.does = async () => {
    const unlinked = await service.request("/v1/account/amazon-link", { method: "DELETE", token });
    assertEquals(unlinked.status, 204);
  };
  await assertProblem(await service.answerOf(refresh(service, token)), "code_rejected");
  assertEquals(await keptToken(service, account.id), null);
});

Deno.test("a token that is refused after a lost answer is refused, and removed", async () => {
  let refreshes = 0;
  await using service = await open({
    wrapFetch: (fetch) => {
      const once = rotating(fetch);
      return async (input, init) => {
        const response = await once(input, init);
        if (String(input).includes("refresh_token=") && ++refreshes === 1) {
          throw new TypeError("connection reset");
        }
        return response;
      };
    },
  });
  const { session_token: token, account } = await service.signedIn("mork.1");
  await assertProblem(await service.answerOf(refresh(service, token)), "code_rejected");
  assertEquals([refreshes, await keptToken(service, account.id)], [2, null]);
});

Deno.test("a profile of another customer changes nothing", async () => {
  await using service = await open();
  const { session_token: token, account: { created: _, ...account } } = await service.signedIn("mork.1");
  service.simulator.editProfile(USER_ID, { user_id: "amznl.account.ANOTHER", name: "Another" });
  await assertProblem(await service.answerOf(refresh(service, token)), "code_rejected");
  assertEquals(await accountOf(service, token), account);
});

Deno.test("the token is sealed for its account", async () => {
  await using service = await open();
  const { account } = await service.signedIn("mork.1");
  const { value } = await service.kv.get<Uint8Array>([REFRESH_TOKEN.kind, account.id]);
  const token = await keptToken(service, account.id) ?? "";
  assert(value instanceof Uint8Array && token.startsWith("Atzr|"));
  assertEquals(findSecrets(value, [{ name: "refresh token", text: token.slice(5, 45) }]), []);
  assertThrows(() => service.services.keyring.open(value, `${REFRESH_TOKEN.kind}/acc_other`), Error);
});

Deno.test("the refresh token is kept through a retry that goes on from a kept access token", async () => {
  await using service = await open();
  const key = "the-key-of-the-device";
  const code = "mork~profile-invalid_token*1.1";
  assertEquals((await service.answerOf(service.signIn(code, { key }))).status, 502);
  const { session_token: token } = await (await service.answerOf(service.signIn(code, { key }))).json();
  assertEquals(service.calls.token, 1);
  await refreshed(service, token);
});

const ENDINGS: Record<string, (service: TestService, token: string) => Promise<unknown>> = {
  "an unlinked Amazon customer": async (service, token) => {
    await submitPassword(service, await resetLink(service, MORK));
    const again = await (await signInByPassword(service, { email: MORK, password: NEW })).json();
    assertEquals(token === again.session_token, false);
    await service.request("/v1/account/amazon-link", { method: "DELETE", token: again.session_token });
  },
  "a reset that unlinks": async (service) =>
    await submitPassword(service, await resetLink(service, MORK), NEW, { unlink: "on" }),
  "a deletion": (service, token) => deleteAccount(service, token),
};

for (const [what, end] of Object.entries(ENDINGS)) {
  Deno.test(`the refresh token goes with ${what}`, async () => {
    await using service = await open();
    const { session_token: token, account } = await service.signedIn("mork.1");
    assert(await keptToken(service, account.id) !== null);
    await end(service, token);
    assertEquals(await keptToken(service, account.id), null);
    assertEquals((await service.stored()).refresh_token, undefined);
  });
}

Deno.test("while Amazon is away a refresh answers 503, and keeps the token", async () => {
  let down = false;
  await using service = await open({
    wrapFetch: (fetch) => (input, init) =>
      down ? Promise.resolve(new Response(null, { status: 503 })) : fetch(input, init),
  });
  const { session_token: token, account } = await service.signedIn("mork.1");
  down = true;
  await assertProblem(await service.answerOf(refresh(service, token)), "upstream_unavailable");
  assert(await keptToken(service, account.id) !== null);
});

Deno.test("without AMAZON_KEEP_REFRESH_TOKEN no token is kept, and the path answers 404", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  assertEquals(await keptToken(service, account.id), null);
  await assertProblem(await refresh(service, token), "not_found");
});

Deno.test("POST /v1/account/profile-refresh answers 401 without a session, and 429 after many requests", async () => {
  await using service = await open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "2" } });
  await assertInvalid(await refresh(service));
  await assertInvalid(await refresh(service));
  await assertProblem(await refresh(service), "rate_limited");
});
