/**
 * A KV service such as `denokv` takes 10 checks in one commit. No use case needs more: not with a ring of four data keys,
 * ten receipts, all mails waiting, or a crowd of sessions.
 */
import { assert, assertEquals } from "@std/assert";
import { moveReceipt } from "../../lib/operator/admin/receipts.ts";
import { reseal } from "../../lib/operator/resealing/reseal.ts";
import { takeCensus } from "../../lib/sessions/crowd.ts";
import { bodyOf, EMAIL, PASSWORD, signedUp, signInByPassword, signUp } from "../support/account_requests.ts";
import { polled, scannedTv, signInOnPhone, signUpOnPhone } from "../support/activation_requests.ts";
import { askForEmail, emailChangeLink } from "../support/email_requests.ts";
import { fewChecks } from "../support/few_checks.ts";
import { checkInvariants } from "../support/invariants.ts";
import { wrapKv } from "../support/kv_hooks.ts";
import { playLeakMatrix } from "../support/leak_scenarios.ts";
import { resetLink, submit as submitForm } from "../support/mailed_links.ts";
import { purchasesOf, statesOf, submit } from "../support/purchases.ts";
import { addSessions } from "../support/session_requests.ts";
import { TestService } from "../support/test_service.ts";

const keyOf = (id: string) => `${id}:${btoa(id.padEnd(32, "."))}`;
const ringOf = (...ids: string[]) => ({ DATA_KEYS: ids.map(keyOf).join() });
const FOUR_KEYS = ringOf("k4", "k3", "k2", "k1");
const KEY = "the-key-of-this-request";

/** A service on a database that takes few checks, and that has told so before. */
interface Limited extends AsyncDisposable {
  readonly service: TestService;
  /** While true, no mail is taken. */
  mailsWait: boolean;
}

async function openLimited(env: Record<string, string> = FOUR_KEYS, kv?: Deno.Kv): Promise<Limited> {
  const refused: (readonly string[])[] = [];
  const service = await TestService.open({
    env: { ...env, AMAZON_SIGN_INS_PER_MINUTE: "0", PASSWORD_TRIES_PER_15_MINUTES: "0" },
    ...(kv === undefined ? {} : { kv }),
    wrapKv: (kv) => fewChecks(kv, (keys) => refused.push(keys)),
    wrapFetch: (fetch) => (input, init) =>
      limited.mailsWait && String(input).startsWith("https://mail.test")
        ? Promise.resolve(Response.error())
        : fetch(input, init),
  });
  const limited = {
    service,
    mailsWait: false,
    async [Symbol.asyncDispose]() {
      // The task of a mail that was replaced ends when it is due.
      await service.answerOf(service.services.background.idle());
      await service.clock.advance(120_000);
      await service.answerOf(service.runDueTasks());
      await checkInvariants(service.kv, service.services.keyring);
      await service[Symbol.asyncDispose]();
      assert(refused.length <= 1, `More than one commit was refused: ${JSON.stringify(refused.slice(1))}`);
    },
  };
  return limited;
}

const receiptsOf = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `sub.active.${from + i}`);
const allActive = (receipts: readonly string[]) => Object.fromEntries(receipts.map((id) => [id, "active"]));

for (const [ring, env] of Object.entries({ "one key": ringOf("k1"), "four keys": FOUR_KEYS })) {
  Deno.test(`ten receipts sign a new and a known customer in, with ${ring}`, async () => {
    await using limited = await openLimited(env);
    const { service } = limited;
    const ten = receiptsOf(10);
    const first = await service.signedIn("mork.1", { key: KEY, purchases: purchasesOf(ten) });
    assertEquals(statesOf(first.entitlements), allActive(ten));
    assertEquals(first.entitlements?.map(({ receipt_id }) => receipt_id), ten);
    const again = await service.signedIn("mork.1", { key: KEY, purchases: purchasesOf(ten) });
    assertEquals(again.entitlements, first.entitlements);
    const known = await service.signedIn("mork.2", { purchases: purchasesOf(ten) });
    assertEquals(statesOf(known.entitlements), allActive(ten));
    // New ones, and those of somebody else.
    const more = [...receiptsOf(5, 10), ...ten.slice(0, 5)];
    const third = await service.signedIn("mork.3", { purchases: purchasesOf(more) });
    assertEquals(statesOf(third.entitlements), allActive(more));
    const other = await service.signedIn("returning.1", { purchases: purchasesOf(ten) });
    assertEquals(new Set(Object.values(statesOf(other.entitlements))), new Set(["elsewhere"]));
    await service.answerOf(service.runDueTasks());
    assertEquals((await service.stored()).receipt, 15);
  });

  Deno.test(`ten receipts are bound to a session's account, with ${ring}`, async () => {
    await using limited = await openLimited(env);
    const { service } = limited;
    const { session_token: token, account } = await service.signedIn("mork.1");
    for (const ids of [receiptsOf(10), receiptsOf(10), receiptsOf(10, 5)]) {
      const entitlements = await submit(service, token, ids);
      assertEquals(
        entitlements.map(({ receipt_id, state }) => [receipt_id, state]),
        ids.map((id) => [id, "active"]),
      );
    }
    const { account: { id: other } } = await service.signedIn("returning.1");
    await moveReceipt(service.services, "sub.active.3", other);
    await moveReceipt(service.services, "sub.active.3", account.id);
  });
}

Deno.test("a new customer whose last receipts cannot be settled is signed in, and they are verified right after", async () => {
  let commits = 0;
  await using service = await TestService.open({
    env: FOUR_KEYS,
    wrapKv: (kv) =>
      wrapKv(fewChecks(kv), {
        // Claim, token, a refused commit, the commit of the sign-in: the next one does not come back.
        commit: (_, perform) => ++commits === 5 ? new Promise(() => {}) : perform(),
      }),
  });
  const ten = receiptsOf(10);
  const { entitlements } = await service.answerOf(
    service.signIn("mork.1", { purchases: purchasesOf(ten) }).then((response) => response.json()),
  );
  assertEquals(statesOf(entitlements), Object.fromEntries(ten.map((id) => [id, "unverified"])));
  assert(service.log.some(({ message }) => message === "receipts_not_settled"));
  await service.answerOf(service.services.background.idle());
  const { account } = await service.signedIn("mork.2");
  assertEquals(account.created, false);
  assertEquals((await service.stored()).receipt, 10);
});

Deno.test("tickets, activations, resets and changes of email need few checks", async () => {
  await using limited = await openLimited();
  const { service } = limited;
  const ticket = async (code: string) => (await (await service.signIn(code)).json()).link_ticket as string;
  // Sign-up with a ticket and a key, sign-in with a ticket, and the same from a phone.
  const vera = await bodyOf(
    await signUp(service, { link_ticket: await ticket("noemail.1") }, { key: KEY }),
    201,
  );
  assertEquals(vera.link, "linked");
  const onPhone = { email: "phone@example.com" };
  const { tv, path } = await scannedTv(service, { link_ticket: await ticket("sparse.1") });
  assertEquals((await signUpOnPhone(service, path, onPhone)).status, 200);
  await polled(service, tv, 201);
  limited.mailsWait = true;
  // Every mail that can wait for one customer.
  await service.send("POST", "/v1/password-resets", { email: EMAIL });
  await submitForm(service, "/delete-account", { email: EMAIL });
  await askForEmail(service, vera.session_token, "moved@example.com");
  await service.request("/v1/account/email-verification", { method: "POST", token: vera.session_token });
  const phone = await scannedTv(service);
  await submitForm(service, phone.path, { email: EMAIL, do: "mail" });
  assertEquals((await signInOnPhone(service, phone.path)).status, 200);
  await polled(service, phone.tv);
  const { mail = 0 } = await service.stored();
  assert(mail >= 6, `${mail} mails`);
  const change = { current_password: PASSWORD, new_password: `${PASSWORD} 2` };
  await service.send("PUT", "/v1/account/password", change, { token: vera.session_token });
  await service.services.background.idle();
  limited.mailsWait = false;
  await service.answerOf(service.runDueTasks());
  const reset = await resetLink(service, EMAIL);
  const chosen = { password: PASSWORD, repeat: PASSWORD, unlink: "on" };
  assertEquals((await submitForm(service, reset, chosen)).status, 200);
  const { session_token: token } = await bodyOf(await signInByPassword(service), 200);
  const moving = await emailChangeLink(service, token, "moved@example.com");
  assertEquals((await submitForm(service, moving, {})).status, 200);
  assertEquals((await signInByPassword(service, { email: "moved@example.com" })).status, 200);
});

Deno.test("an account with 40 receipts, 130 sessions and all its mails is deleted with few checks", async () => {
  await using limited = await openLimited();
  const { service } = limited;
  const vera = await signedUp(service);
  for (const from of [0, 10, 20, 30]) await submit(service, vera.session_token, receiptsOf(10, from));
  await addSessions(service.kv, service.services.keyring, {
    accountId: vera.account.id,
    sessionId: vera.session.id,
    count: 130,
  });
  await takeCensus({ ...service.services, censusOneIn: 1 }, vera.account.id);
  const { sessions } = await (await service.request("/v1/sessions?limit=100", { token: vera.session_token }))
    .json();
  assertEquals(sessions.length, 100);
  limited.mailsWait = true;
  await service.send("POST", "/v1/password-resets", { email: EMAIL });
  await askForEmail(service, vera.session_token, "moved@example.com");
  await service.request("/v1/account/email-verification", { method: "POST", token: vera.session_token });
  await submitForm(service, "/delete-account", { email: EMAIL });
  const deleted = await service.request("/v1/account", { method: "DELETE", token: vera.session_token });
  assertEquals(deleted.status, 204);
  limited.mailsWait = false;
  await service.answerOf(service.runDueTasks());
  // The counts of the client's address name nobody.
  assertEquals({ ...await service.stored(), tries: 0 }, { tries: 0 });
});

Deno.test("keys are resealed with few checks", async () => {
  await using old = await TestService.open({ env: ringOf("k1") });
  const { session_token: token } = await signedUp(old);
  await submit(old, token, receiptsOf(10));
  await resetLink(old, EMAIL);
  await old.signedIn("mork.1", { key: KEY, purchases: purchasesOf(receiptsOf(10, 10)) });
  const { keyring } = (await TestService.open({ env: FOUR_KEYS, kv: old.kv })).services;
  const { needs } = await reseal({ kv: fewChecks(old.kv), keyring, clock: old.clock }, {
    perSecond: Infinity,
    pace: old.clock,
    progress: () => {},
  });
  assertEquals(needs.lasting("k1"), 0);
  await using limited = await openLimited(FOUR_KEYS, old.kv);
  const { account } = await limited.service.signedIn("mork.2", {
    purchases: purchasesOf(receiptsOf(10, 10)),
  });
  assertEquals(account.created, false);
});

Deno.test("every use case has the same outcome as on a database that takes many checks", async () => {
  const outcomesOf = async (env: Record<string, string>, wrap: (kv: Deno.Kv) => Deno.Kv) => {
    const { service, answers } = await playLeakMatrix({ env, wrap });
    await using _ = service;
    return answers.map(({ what, outcome }) => `${what}: ${outcome}`);
  };
  assertEquals(await outcomesOf(FOUR_KEYS, (kv) => fewChecks(kv)), await outcomesOf({}, (kv) => kv));
});
