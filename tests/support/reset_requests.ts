/**
 * Customers who have a link to `/reset/{token}`, and the form that they send.
 *
 * @module
 */
import { EMAIL, MORK, signedUp } from "./account_requests.ts";
import type { SignedInBody } from "./bodies.ts";
import type { TestService } from "./test_service.ts";
import { type Page, resetLink, submit } from "./mailed_links.ts";

/** A password that the policy takes, and that no customer has at first. */
export const NEW = "seven quiet herons";

/** The fields of a form with a password, typed the same twice. */
export function fieldsOf(password: string): Record<string, string> {
  return { password, repeat: password };
}

/** Sends the form of a reset link with a password; `more` are further fields. */
export function submitPassword(
  service: TestService,
  link: string,
  password = NEW,
  more: Record<string, string> = {},
): Promise<Page> {
  return submit(service, link, { ...fieldsOf(password), ...more });
}

/** Makes a one-click customer with a link to choose their first password. */
export async function oneClickCustomer(
  service: TestService,
): Promise<{ link: string; customer: SignedInBody }> {
  const customer = await service.signedIn("mork.1", { device: { name: "Living room", model: "AFTKM" } });
  return { link: await resetLink(service, MORK), customer };
}

/** Makes a customer with a password and a link to choose another one. */
export async function passwordCustomer(
  service: TestService,
): Promise<{ link: string; customer: SignedInBody }> {
  const customer = await signedUp(service, { device: { name: "Kitchen" } });
  return { link: await resetLink(service, EMAIL), customer };
}

/** Reads the status of an answer, and drops the body. */
export async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}
