/**
 * What tests of `/reset/{token}` share: customers who have a link, and what they choose.
 *
 * @module
 */
import { EMAIL, MORK, signedUp } from "./account_requests.ts";
import type { SignedInBody, TestService } from "./test_service.ts";
import { type Page, resetLink, submit } from "./mailed_links.ts";

/** A password that the policy takes, and that no customer has before. */
export const NEW = "seven quiet herons";

/** The fields of a form with a password, the same in both. */
export function same(password: string): Record<string, string> {
  return { password, repeat: password };
}

/** Chooses a password with a link; `more` are further fields. */
export function choose(
  service: TestService,
  link: string,
  password = NEW,
  more: Record<string, string> = {},
): Promise<Page> {
  return submit(service, link, { ...same(password), ...more });
}

/** A one-click customer with a link to choose their first password. */
export async function oneClick(service: TestService): Promise<{ link: string; customer: SignedInBody }> {
  const customer = await service.signedIn("mork.1", { device: { name: "Living room", model: "AFTKM" } });
  return { link: await resetLink(service, MORK), customer };
}

/** A customer with a password and a link for another one. */
export async function withPassword(service: TestService): Promise<{ link: string; customer: SignedInBody }> {
  const customer = await signedUp(service, { device: { name: "Kitchen" } });
  return { link: await resetLink(service, EMAIL), customer };
}

/** The status of an answer whose body is of no interest. */
export async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}
