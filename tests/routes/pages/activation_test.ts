/** The pages of `/activate`: the code, and each way in which a phone signs a TV in or turns it away. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { accountOf, EMAIL, MORK, signedUp } from "../../support/account_requests.ts";
import {
  mailedTv,
  poll,
  polled,
  scan,
  scannedTv,
  signInOnPhone,
  signUpOnPhone,
  startActivation,
  TV,
  typeCode,
  typedCode,
} from "../../support/activation_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { open, submit } from "../../support/mailed_links.ts";
import { NO_TEXT } from "../../support/no_text.ts";
import { countTrips } from "../../support/session_requests.ts";
import { TestService } from "../../support/test_service.ts";

const MINUTE_MS = 60_000;

Deno.test("GET /activate asks for the code, and GET /activate?code= leads to the page of the TV", async () => {
  await using service = await TestService.open();
  const page = await open(service, "/activate");
  assertEquals([page.status, page.heading], [200, "Sign in on your TV"]);
  assertEquals((await open(service, "/activate?code=")).status, 200);
  const { path } = await scannedTv(service);
  assertMatch(path, /^\/activate\/[A-Za-z0-9_-]{43}$/);
  const tv = await open(service, path);
  assertEquals([tv.status, tv.heading], [200, "Sign in on this TV?"]);
});

Deno.test("the page of a TV names it and its code, warns, and has a button for each way", async () => {
  await using service = await TestService.open();
  const { tv, path } = await scannedTv(service);
  const { html, text } = await open(service, path);
  for (const shown of [TV.name, TV.model, tv.user_code, "only if this TV is in front of you"]) {
    assertStringIncludes(text, shown);
  }
  const buttons = Array.from(
    html.matchAll(/<button type="submit" name="do" value="(\w+)"/g),
    ([, value]) => value,
  );
  assertEquals(buttons.toSorted(), ["deny", "mail", "sign_in", "sign_up"]);
});

Deno.test("the page of a TV without a name, without mail or with a closed registration shows what is left", async () => {
  await using service = await TestService.open({
    env: { REGISTRATION: "closed", MAIL_URL: "", MAIL_FROM: "" },
  });
  const { path } = await scannedTv(service, {});
  const { html, text } = await open(service, path);
  assertStringIncludes(text, "A TV without a name");
  assert(!html.includes('value="sign_up"') && !html.includes('value="mail"'));
  assertEquals((await signUpOnPhone(service, path)).status, 403);
});

Deno.test("the sign-up on a phone refuses what is not text, as POST /v1/accounts does", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  const { path } = await scannedTv(service);
  for (const [what, text] of NO_TEXT.filter(([, text]) => text.isWellFormed())) {
    for (const field of ["name", "postal_code"]) {
      const page = await signUpOnPhone(service, path, { [field]: text });
      assertEquals(page.status, 400, `${field} with ${what}`);
    }
    const page = await signUpOnPhone(service, path, { email: `ve${text}ra@example.com` });
    assertEquals(page.status, 422, `email with ${what}`);
  }
  assertEquals((await signUpOnPhone(service, path, { name: "שרה 👩🏽‍🦰" })).status, 200);
});

Deno.test("a customer types the code in their own way", async () => {
  await using service = await TestService.open();
  const { user_code } = await startActivation(service);
  const plain = user_code.replace("-", "");
  for (const typed of [user_code, plain, plain.toLowerCase(), ` ${plain.slice(0, 3)} ${plain.slice(3)} `]) {
    const response = await typeCode(service, typed);
    assertEquals([response.status, response.headers.get("cache-control")], [303, "no-store"]);
    assertMatch(response.headers.get("location") ?? "", /^activate\/[A-Za-z0-9_-]{43}$/);
  }
});

Deno.test("a wrong code answers 404 with the code in the form, an empty one 422", async () => {
  await using service = await TestService.open();
  const wrong = await typedCode(service, "BCDF-<b>");
  assertEquals(wrong.status, 404);
  assertStringIncludes(wrong.text, "No TV shows this code now");
  assertStringIncludes(wrong.html, 'value="BCDF-&lt;b&gt;"');
  assertEquals((await open(service, "/activate?code=BCDFGHJK")).status, 404);
  const empty = await typedCode(service, " ");
  assertEquals(empty.status, 422);
  assertStringIncludes(empty.text, "Type the code that your TV shows");
});

Deno.test("30 wrong codes of one address, by GET or POST, and then 429 even for the right one", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  const { tv } = await scannedTv(service);
  for (let i = 0; i < 15; i++) {
    assertEquals((await typedCode(service, "BCDFGHJK")).status, 404);
    assertEquals((await open(service, "/activate?code=WRONG")).status, 404);
  }
  const page = await typedCode(service, tv.user_code);
  assertEquals([page.status, page.headers.get("retry-after")], [429, "900"]);
  assertEquals((await open(service, "/activate?code=BCDFGHJK")).status, 429);
  assertEquals((await typeCode(service, tv.user_code, { address: "192.0.2.9" })).status, 303);
  await service.clock.advance(15 * MINUTE_MS - 1);
  assertEquals((await typedCode(service, tv.user_code)).status, 429);
  await service.clock.advance(1);
  assertEquals((await typedCode(service, tv.user_code)).status, 303);
});

Deno.test("right codes are not counted", async () => {
  await using service = await TestService.open();
  const tv = await startActivation(service);
  for (let i = 0; i < 40; i++) await scan(service, tv);
  assertEquals((await service.stored()).tries, undefined);
});

Deno.test("a customer signs the TV in with email and password, and the TV gets the same answer for 10 minutes", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service);
  const { tv, path } = await scannedTv(service);
  await assertProblem(await poll(service, tv), "authorization_pending");
  const page = await signInOnPhone(service, path);
  assertEquals([page.status, page.heading], [200, "Look at your TV"]);
  assertStringIncludes(page.text, `Living room · AFTKM is being signed in to the account of ${EMAIL}`);
  const first = await polled(service, tv);
  assertEquals(first.account, { ...account, created: false });
  assertEquals(first.session.device, TV);
  const { created: _, ...stored } = account;
  assertEquals(await accountOf(service, first.session_token), stored);
  await service.clock.advance(10 * MINUTE_MS - 1);
  const again = await polled(service, tv);
  assertEquals([again.session_token, again.session.id], [first.session_token, first.session.id]);
  await service.clock.advance(1);
  await assertProblem(await poll(service, tv), "expired_token");
  assertEquals((await service.request("/v1/sessions/current", { token: first.session_token })).status, 200);
});

Deno.test("an approved activation is never slowed down", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const { tv, path } = await scannedTv(service);
  await assertProblem(await poll(service, tv), "authorization_pending");
  await assertProblem(await poll(service, tv), "slow_down");
  await signInOnPhone(service, path);
  for (let i = 0; i < 3; i++) await polled(service, tv);
});

Deno.test("a customer signs up on the phone, and the TV gets 201 with what the form was filled in with", async () => {
  await using service = await TestService.open();
  const { tv, path } = await scannedTv(service, {
    device: TV,
    prefill: { name: "Vera", postal_code: "98052" },
  });
  const { html } = await open(service, path);
  assertStringIncludes(html, 'value="Vera"');
  assertStringIncludes(html, 'value="98052"');
  const page = await signUpOnPhone(service, path, { name: " Vera V. ", postal_code: "" });
  assertEquals([page.status, page.heading], [200, "Look at your TV"]);
  for (let i = 0; i < 2; i++) {
    const { account } = await polled(service, tv, 201);
    assertEquals(
      [
        account.created,
        account.email,
        account.name,
        account.postal_code,
        account.password,
        account.email_verified,
      ],
      [true, EMAIL, "Vera V.", null, "set", false],
    );
  }
});

Deno.test("a mailed link approves, proves the email, and spends nothing when it is opened", async () => {
  await using service = await TestService.open();
  const { account: { email_verified } } = await service.signedIn("mork.1");
  assertEquals(email_verified, false);
  const { tv, path } = await scannedTv(service);
  const link = await mailedTv(service, path, MORK);
  assertMatch(link, /^\/activate\/[A-Za-z0-9_-]{64}$/);
  assertStringIncludes(service.mails.at(-1)?.text ?? "", tv.user_code);
  for (let i = 0; i < 3; i++) {
    const page = await open(service, link);
    assertEquals([page.status, page.heading], [200, "Sign in on this TV?"]);
    for (const shown of [TV.name, TV.model, tv.user_code, MORK]) assertStringIncludes(page.text, shown);
  }
  await service.clock.advance(5000);
  await assertProblem(await poll(service, tv), "authorization_pending");
  const page = await submit(service, link, { do: "approve" });
  assertEquals([page.status, page.heading], [200, "Look at your TV"]);
  const { account } = await polled(service, tv);
  assertEquals([account.created, account.email_verified, account.password], [false, true, "temporary"]);
});

Deno.test("a mailed link that was used writes nothing more, and shows the same page", async () => {
  const { counts, wrapKv } = countTrips();
  await using service = await TestService.open({ wrapKv });
  await service.signedIn("mork.1");
  const { path } = await scannedTv(service);
  const link = await mailedTv(service, path, MORK);
  const first = await submit(service, link, { do: "approve" });
  const { commits } = counts;
  assertEquals((await submit(service, link, { do: "approve" })).html, first.html);
  assertEquals(counts.commits, commits);
});

Deno.test("a mail is asked for in the same way with and without an account, and only an account gets one", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const { path } = await scannedTv(service);
  const ask = (email: string) => submit(service, path, { email, do: "mail" });
  const [known, unknown] = [await ask(EMAIL), await ask("nobody@example.com")];
  assertEquals(known.text.replace(EMAIL, "X"), unknown.text.replace("nobody@example.com", "X"));
  assertEquals([known.status, unknown.status], [200, 200]);
  await service.runDueTasks();
  assertEquals(service.mails.map(({ to }) => to), [[EMAIL]]);
});

Deno.test("a mail is not sent for a TV that was decided or has ended meanwhile", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const { services } = service;
  const start = services.background.start.bind(services.background);
  services.background.start = () => {};
  const [{ path: denied }, { path: ended }] = [await scannedTv(service), await scannedTv(service)];
  await submit(service, denied, { email: EMAIL, do: "mail" });
  await submit(service, denied, { do: "deny" });
  await service.runDueTasks();
  await submit(service, ended, { email: EMAIL, do: "mail" });
  await service.clock.advance(15 * MINUTE_MS);
  await service.runDueTasks();
  assertEquals([service.mails.length, (await service.stored()).mail], [0, undefined]);
  services.background.start = start;
});

Deno.test("a customer turns a TV away, from the page and from the mail", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  for (const way of ["page", "mail"]) {
    const { tv, path } = await scannedTv(service);
    const from = way === "page" ? path : await mailedTv(service, path);
    for (let i = 0; i < 2; i++) {
      const page = await submit(service, from, { do: "deny" });
      assertEquals([page.status, page.heading], [200, "This TV is not signed in"]);
    }
    await assertProblem(await poll(service, tv), "access_denied");
    for (const then of [path, from]) assertEquals((await open(service, then)).status, 410);
    assertEquals((await signInOnPhone(service, path)).heading, "This TV is not signed in");
    await assertProblem(await poll(service, tv), "access_denied");
  }
});
