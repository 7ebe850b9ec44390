/**
 * Everything twice (design, section 4, promise 11): a double tap, a lost answer, a retry after a crash. The second call
 * gets what the first one got, and never undoes it.
 */
import { assert, assertEquals } from "@std/assert";
import { EMAIL, MORK, PASSWORD, signedUp, ticketOf } from "../support/account_requests.ts";
import { checkInvariants } from "../support/invariants.ts";
import { deletionLink, resetLink } from "../support/mailed_links.ts";
import { purchasesOf } from "../support/purchases.ts";
import type { SignedInBody } from "../support/bodies.ts";
import { TestService } from "../support/test_service.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const NEW = "seven quiet herons";

/** A request, ready to be sent any number of times. */
type Send = () => Promise<Response>;

/** Two devices of one customer. */
interface Customer {
  readonly service: TestService;
  readonly tv: SignedInBody;
  readonly phone: SignedInBody;
}

/** The calls that change something, by their operation or page, with what comes before them. */
const CALLS: Readonly<Record<string, (customer: Customer) => Promise<Send> | Send>> = {
  "signInWithAmazon": ({ service }) => () => service.signIn("new.1", { key: KEY }),
  "signInWithAmazon, link_required": ({ service }) => () => service.signIn("vera.1", { key: KEY }),
  "signInWithAmazon, profile_incomplete": ({ service }) => () => service.signIn("noemail.1", { key: KEY }),
  "signUp": ({ service }) => () =>
    service.send("POST", "/v1/accounts", { email: "other@example.com", password: PASSWORD }, { key: KEY }),
  "signUp with a ticket": async ({ service }) => {
    const { link_ticket } = await (await service.signIn("noemail.1")).json();
    const body = { email: "other@example.com", password: PASSWORD, link_ticket };
    return () => service.send("POST", "/v1/accounts", body, { key: KEY });
  },
  "signIn with a ticket": async ({ service }) => {
    await signedUp(service, { email: MORK });
    const body = { email: MORK, password: PASSWORD, link_ticket: await ticketOf(service, "mork.1") };
    return () => service.send("POST", "/v1/sessions", body);
  },
  "signOut": ({ service, tv: { session_token: token } }) => () =>
    service.request("/v1/sessions/current", { method: "DELETE", token }),
  "signOutDevice": ({ service, tv, phone }) => () =>
    service.request(`/v1/sessions/${phone.session.id}`, { method: "DELETE", token: tv.session_token }),
  "signOutDevice of its own": ({ service, tv: { session, session_token: token } }) => () =>
    service.request(`/v1/sessions/${session.id}`, { method: "DELETE", token }),
  "signOutEverywhere": ({ service, tv: { session_token: token } }) => () =>
    service.request("/v1/sessions", { method: "DELETE", token }),
  "signOutEverywhere but here": ({ service, tv: { session_token: token } }) => () =>
    service.request("/v1/sessions?keep=current", { method: "DELETE", token }),
  "updateAccount": ({ service, tv: { session_token: token } }) => () =>
    service.send("PATCH", "/v1/account", { name: "Vera Z.", postal_code: null }, { token }),
  "changePassword": ({ service, tv: { session_token: token } }) => () => {
    const body = { current_password: PASSWORD, new_password: NEW };
    return service.send("PUT", "/v1/account/password", body, { token });
  },
  "changeEmail": ({ service, tv: { session_token: token } }) => () => {
    const body = { email: "other@example.com", current_password: PASSWORD };
    return service.send("PUT", "/v1/account/email", body, { token });
  },
  "verifyEmail": ({ service, tv: { session_token: token } }) => () =>
    service.request("/v1/account/email-verification", { method: "POST", token }),
  "refreshProfile": async ({ service }) => {
    const { session_token: token } = await service.signedIn("mork.1");
    service.simulator.editProfile("amznl.account.K2LI23KL2LK2", {
      name: "Mork M.",
      email: "moved@example.com",
    });
    return () => service.request("/v1/account/profile-refresh", { method: "POST", token });
  },
  "unlinkAmazon": async ({ service }) => {
    await signedUp(service, { email: MORK });
    const body = { email: MORK, password: PASSWORD, link_ticket: await ticketOf(service, "mork.1") };
    const { session_token: token } = await (await service.send("POST", "/v1/sessions", body)).json();
    return () => service.request("/v1/account/amazon-link", { method: "DELETE", token });
  },
  "deleteAccount": ({ service, tv: { session_token: token } }) => () =>
    service.request("/v1/account", { method: "DELETE", token }),
  "submitPurchases": ({ service, tv: { session_token: token } }) => () =>
    service.send("POST", "/v1/purchases", purchasesOf(["sub.active.1", "sub.ended.1"]), { token }),
  "requestPasswordReset": ({ service }) => () =>
    service.send("POST", "/v1/password-resets", { email: EMAIL }),
  "POST /reset/{token}": async ({ service }) => {
    const link = await resetLink(service, EMAIL);
    return () => submit(service, link, { password: NEW, repeat: NEW });
  },
  "POST /reset/{token}, a first password": async ({ service }) => {
    await service.signedIn("mork.1");
    const link = await resetLink(service, MORK);
    return () => submit(service, link, { password: NEW, repeat: NEW });
  },
  "POST /reset/{token}, and unlink": async ({ service }) => {
    await service.signedIn("mork.1");
    const link = await resetLink(service, MORK);
    return () => submit(service, link, { password: NEW, repeat: NEW, unlink: "on" });
  },
  "POST /reset/{token}, for another link": async ({ service }) => {
    const link = await resetLink(service, EMAIL);
    service.clock.jump(15 * 60_000);
    return () => submit(service, link, { email: EMAIL });
  },
  "POST /delete-account": ({ service }) => () => submit(service, "/delete-account", { email: EMAIL }),
  "POST /delete-account/{token}": async ({ service }) => {
    const link = await deletionLink(service, EMAIL);
    return () => submit(service, link, { confirm: "on" });
  },
};

/** Operations whose calls are played twice elsewhere, or need not be: each call makes something new. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  signInByReceipt: "as a sign-in by password, a second one is a second session; the first ends by itself",
  createAccessToken: "each token is a new one, and nothing is stored",
  takeNotification: "tests/routes/api/notifications_test.ts",
  askForActivation: "tests/routes/api/activations_test.ts",
  startActivation: "a second activation is a second code on the screen; the first ends by itself",
};

function submit(service: TestService, path: string, fields: Record<string, string>): Promise<Response> {
  const headers = { origin: "null", "sec-fetch-site": "same-origin" };
  return service.request(path, { method: "POST", body: new URLSearchParams(fields), headers });
}

const open = () => TestService.open({ env: { AMAZON_KEEP_REFRESH_TOKEN: "true" } });

async function makeCustomer(service: TestService): Promise<Customer> {
  const tv = await signedUp(service, { device: { name: "TV" } });
  const body = { email: EMAIL, password: PASSWORD, device: { name: "Phone" } };
  return { service, tv, phone: await (await service.send("POST", "/v1/sessions", body)).json() };
}

/** Reads what a device was told, without what is different in every answer. */
async function told(response: Response): Promise<unknown> {
  const text = (await response.text()).replace(/"request_id":"[^"]*"/, "").replace(/nonce-\S+/g, "");
  return [response.status, text.replace(/"expires_in":\d+/, "").replace(/"verified_at":"[^"]*"/g, "")];
}

/** Reads all that is stored, but for times, counts and mails: those may differ after a second call. */
async function state(service: TestService): Promise<unknown> {
  await service.services.background.idle();
  const { kv, services: { keyring } } = service;
  const { accounts, sessions } = await checkInvariants(kv, keyring);
  return {
    // An epoch is raised by every revocation. What it ends is what counts.
    accounts: [...accounts].map(([id, { session_epoch: _, ...account }]) => ({ id, ...account })),
    sessions: sessions.map(({ secret_hash }) => secret_hash).sort(),
  };
}

for (const [name, prepare] of Object.entries(CALLS)) {
  Deno.test(`twice: ${name}, one after the other, up to 10 minutes apart`, async () => {
    await using service = await open();
    const send = await prepare(await makeCustomer(service));
    const first = await told(await service.answerOf(send()));
    const after = await state(service);
    // Three mails of a kind go to one email in 15 minutes.
    for (const ms of [1000, 9 * 60_000]) {
      await service.clock.advance(ms);
      assertEquals(await told(await service.answerOf(send())), first);
      assertEquals(await state(service), after);
    }
  });

  Deno.test(`twice: ${name}, at the same time`, async () => {
    await using service = await open();
    const send = await prepare(await makeCustomer(service));
    const answers = await Promise.all([send(), send()].map((answer) => service.answerOf(answer)));
    const all = await Promise.all(answers.map(told));
    // While one request works on a code, others are told to come again.
    const settled = all.filter((answer) => !JSON.stringify(answer).includes("code_in_progress"));
    assert(settled.length > 0);
    for (const one of settled) assertEquals(one, settled[0]);
    const again = await told(await service.answerOf(send()));
    assertEquals(again, settled[0]);
  });

  Deno.test(`twice: ${name}, after it took effect and its answer was lost`, async () => {
    await using service = await open();
    const send = await prepare(await makeCustomer(service));
    await (await service.answerOf(send())).body?.cancel();
    await using other = await TestService.open({ kv: service.kv, simulator: service.simulator });
    other.clock.jump(service.clock.now() - other.clock.now());
    const after = await state(service);
    await (await service.answerOf(send())).body?.cancel();
    assertEquals(await state(service), after);
  });
}

Deno.test("twice: the list has every operation that changes something", async () => {
  await using service = await TestService.open();
  const { paths } = await (await service.request("/openapi.json")).json();
  const operations = Object.values(paths as Record<string, Record<string, { operationId: string }>>)
    .flatMap((methods) => Object.entries(methods))
    .filter(([method]) => method !== "get")
    .map(([, { operationId }]) => operationId);
  const listed = [...Object.keys(CALLS), ...Object.keys(ELSEWHERE)].map((name) => name.split(/[ ,]/)[0]);
  assertEquals(operations.filter((operation) => !listed.includes(operation)), []);
});
