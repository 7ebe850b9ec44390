/** `PUT /v1/account/email` and `POST /v1/account/email-verification`: what is answered, and which mails go out. */
import { assertEquals } from "@std/assert";
import { accountOf, EMAIL, MORK, PASSWORD, signedUp } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { askForEmail, subjectsTo } from "../../support/email_requests.ts";
import { assertInvalid } from "../../support/session_requests.ts";
import { TestService } from "../../support/test_service.ts";

const NEW = "vera.new@example.com";
const TAKEN = "taken@example.com";
const CHANGE = "Confirm your new email address for Oneclick";
const NOTICE = "Your email address for Oneclick is to change";
const VERIFICATION = "Confirm your email address for Oneclick";

const verify = (service: TestService, token?: string) =>
  service.request("/v1/account/email-verification", {
    method: "POST",
    ...(token === undefined ? {} : { token }),
  });

Deno.test("PUT /v1/account/email answers 202 and mails a link to the new email and a notice to the old one", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const response = await askForEmail(service, token, NEW);
  assertEquals(response.status, 202);
  assertEquals(await response.json(), {
    message: "If the email can be used, a mail with a link is on its way to it",
  });
  await service.runDueTasks();
  assertEquals([subjectsTo(service, NEW), subjectsTo(service, EMAIL)], [[CHANGE], [NOTICE]]);
  const [notice] = service.mails.filter(({ subject }) => subject === NOTICE);
  assertEquals(notice?.text.includes("http"), false);
  assertEquals((await accountOf(service, token) as { email: string }).email, EMAIL);
});

Deno.test("PUT /v1/account/email answers the same for a taken email, after the same trips, and mails no link to it", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: TAKEN });
  const { session_token: token } = await signedUp(service);
  const answers = [];
  for (const email of [NEW, TAKEN, TAKEN.toUpperCase()]) {
    const response = await askForEmail(service, token, email);
    const headers = [...response.headers].filter(([name]) => name !== "x-request-id");
    answers.push([response.status, headers, await response.json()]);
    await service.runDueTasks();
  }
  assertEquals(answers[1], answers[0]);
  assertEquals(answers[2], answers[0]);
  assertEquals(subjectsTo(service, TAKEN), []);
  assertEquals(subjectsTo(service, EMAIL), [NOTICE, NOTICE, NOTICE]);
});

Deno.test("PUT /v1/account/email to the present email answers 202, and mails nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  assertEquals((await askForEmail(service, token, EMAIL.toUpperCase())).status, 202);
  await service.runDueTasks();
  assertEquals(service.mails, []);
});

Deno.test("PUT /v1/account/email answers 401 to a wrong password, which counts, and mails nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  for (let i = 0; i < 10; i++) {
    await assertProblem(await askForEmail(service, token, NEW, "wrong password"), "invalid_credentials");
  }
  await assertProblem(await askForEmail(service, token, NEW), "rate_limited");
  await service.runDueTasks();
  assertEquals(service.mails, []);
});

Deno.test("PUT /v1/account/email needs no password while it is temporary, and takes none", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  await assertProblem(await askForEmail(service, token, NEW), "invalid_credentials");
  const response = await service.send("PUT", "/v1/account/email", { email: NEW }, { token });
  assertEquals(response.status, 202);
  await service.runDueTasks();
  assertEquals([subjectsTo(service, MORK), subjectsTo(service, NEW)], [[NOTICE], [CHANGE]]);
});

Deno.test("PUT /v1/account/email answers invalid_request to wrong fields, and 401 without a session", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const send = (body: unknown) => service.send("PUT", "/v1/account/email", body, { token });
  for (
    const [body, path] of [
      [{ current_password: PASSWORD }, "/email"],
      [{ email: "no address", current_password: PASSWORD }, "/email"],
      [{ email: NEW }, "/current_password"],
      [{ email: NEW, current_password: null }, "/current_password"],
      [{ email: NEW, current_password: 7 }, "/current_password"],
    ] as const
  ) {
    const { errors } = await assertProblem(await send(body), "invalid_request");
    assertEquals(errors?.map((error) => error.path), [path]);
  }
  await assertInvalid(
    await service.send("PUT", "/v1/account/email", { email: NEW, current_password: PASSWORD }),
  );
});

Deno.test("PUT /v1/account/email answers 429 after 3 requests", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  for (let i = 0; i < 3; i++) {
    assertEquals((await askForEmail(service, token, `new.${i}@example.com`)).status, 202);
  }
  await assertProblem(await askForEmail(service, token, NEW), "rate_limited");
});

Deno.test("POST /v1/account/email-verification mails a link to the present email, and none to one that is verified", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("mork.1");
  assertEquals((await verify(service, token)).status, 202);
  await service.runDueTasks();
  assertEquals(subjectsTo(service, MORK), [VERIFICATION]);
  const path = /\/confirm-email\/\S+/.exec(service.mails[0]?.text ?? "")?.[0] ?? "";
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  assertEquals((await service.request(path, { method: "POST", headers, body: "" })).status, 200);
  assertEquals((await verify(service, token)).status, 202);
  await service.runDueTasks();
  assertEquals(service.mails.length, 1);
});

Deno.test("POST /v1/account/email-verification answers 429 after 3 requests, and 401 without a session", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  for (let i = 0; i < 3; i++) assertEquals((await verify(service, token)).status, 202);
  await assertProblem(await verify(service, token), "rate_limited");
  await assertInvalid(await verify(service));
});

Deno.test("without a mail server both answer 202, write no mail, and say so in the log", async () => {
  await using service = await TestService.open({ env: { MAIL_URL: "", MAIL_FROM: "" } });
  const { session_token: token } = await signedUp(service);
  const answers = [await askForEmail(service, token, NEW), await verify(service, token)];
  for (const response of answers) {
    assertEquals([response.status, await response.json()], [202, {
      message: "At present this service cannot send mail",
    }]);
  }
  assertEquals((await service.stored()).mail, undefined);
  assertEquals(service.log.filter(({ message }) => message === "mail_off").length, 2);
});
