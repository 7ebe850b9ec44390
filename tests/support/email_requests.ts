/**
 * Requests that change or prove the email of an account, and the links of their mails.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { PASSWORD } from "./account_requests.ts";
import type { SentMail, TestService } from "./test_service.ts";

/** Asks for a change of email. */
export function askForEmail(
  service: TestService,
  token: string,
  email: string,
  current_password: unknown = PASSWORD,
): Promise<Response> {
  return service.send("PUT", "/v1/account/email", { email, current_password }, { token });
}

/** Asks for a change of email, and returns the path of its link. */
export async function emailChangeLink(service: TestService, token: string, email: string): Promise<string> {
  return await linkOf(service, askForEmail(service, token, email), email);
}

/** Asks for a link that proves the present email, and returns the path of the link. */
export async function verificationLink(service: TestService, token: string, email: string): Promise<string> {
  const asked = service.request("/v1/account/email-verification", { method: "POST", token });
  return await linkOf(service, asked, email);
}

async function linkOf(service: TestService, asked: Promise<Response>, email: string): Promise<string> {
  const response = await asked;
  assertEquals(response.status, 202, await response.text());
  await service.runDueTasks();
  const mail = service.mails.findLast(({ to: [to] }) => to === email);
  assert(mail !== undefined, `No mail to ${email}`);
  return pathIn(mail);
}

/** Reads the path of the link in a mail. */
export function pathIn({ text }: SentMail): string {
  const [link] = /http:\/\/localhost:8000\/\S+/.exec(text) ?? [];
  assert(link !== undefined, "The mail has no link");
  return new URL(link).pathname;
}

/** Returns the mails to an address, by their subjects. */
export function subjectsTo(service: TestService, email: string): string[] {
  return service.mails.filter(({ to: [to] }) => to === email).map(({ subject }) => subject);
}
