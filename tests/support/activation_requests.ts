/**
 * TVs that are signed in from a phone.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { StartedActivation } from "../../lib/sign_in/activation.ts";
import { EMAIL, PASSWORD } from "./account_requests.ts";
import { linkIn, type Page, pageOf, submit } from "./mailed_links.ts";
import type { SignedInBody } from "./bodies.ts";
import type { TestService } from "./test_service.ts";

/** A TV that shows a code. */
export const TV = { name: "Living room", model: "AFTKM", platform: "vega" };

/** Starts an activation; `body` replaces the body of the request. */
export async function startActivation(
  service: TestService,
  body: Record<string, unknown> = { device: TV },
  options: { address?: string } = {},
): Promise<StartedActivation> {
  const response = await service.send("POST", "/v1/activations", body, options);
  const started = await response.json();
  assertEquals([response.status, started.code], [201, undefined]);
  return started;
}

/** Asks as the TV does. */
export function poll(
  service: TestService,
  { device_code }: Pick<StartedActivation, "device_code">,
): Promise<Response> {
  return service.send("POST", "/v1/sessions/activation", { device_code });
}

/** Asks as the TV does, and returns the body of the answer. */
export async function polled(
  service: TestService,
  started: Pick<StartedActivation, "device_code">,
  status = 200,
): Promise<SignedInBody> {
  const response = await poll(service, started);
  const body = await response.json();
  assertEquals([response.status, body.code], [status, undefined]);
  return body;
}

/** Follows the QR code as a phone does, and returns the path of the TV's page. */
export async function scan(
  service: TestService,
  { verification_uri_complete }: Pick<StartedActivation, "verification_uri_complete">,
): Promise<string> {
  const { pathname, search } = new URL(verification_uri_complete);
  const response = await service.request(pathname + search);
  await response.body?.cancel();
  assertEquals(response.status, 303);
  return new URL(response.headers.get("location") ?? "", `http://localhost:8000${pathname}`).pathname;
}

/** Starts an activation and scans its code. */
export async function scannedTv(
  service: TestService,
  body?: Record<string, unknown>,
): Promise<{ readonly tv: StartedActivation; readonly path: string }> {
  const tv = await startActivation(service, body);
  return { tv, path: await scan(service, tv) };
}

/** Sends the form of a sign-in from the page of a TV; `changes` replace fields. */
export function signInOnPhone(
  service: TestService,
  path: string,
  changes: Record<string, string> = {},
  options: { address?: string } = {},
): Promise<Page> {
  return submit(service, path, { email: EMAIL, password: PASSWORD, do: "sign_in", ...changes }, options);
}

/** Sends the form of a sign-up from the page of a TV; `changes` replace fields. */
export function signUpOnPhone(
  service: TestService,
  path: string,
  changes: Record<string, string> = {},
): Promise<Page> {
  return submit(service, path, { email: EMAIL, password: PASSWORD, do: "sign_up", ...changes });
}

/** Asks for a mail on the page of a TV, and returns the path of the link in it. */
export async function mailedTv(service: TestService, path: string, email = EMAIL): Promise<string> {
  const before = service.mails.length;
  const page = await submit(service, path, { email, do: "mail" });
  assertEquals(page.status, 200, page.text);
  await service.runDueTasks();
  assert(service.mails.length === before + 1, `No mail to ${email}`);
  return linkIn(service);
}

/** Types a code on the page `/activate`. */
export async function typeCode(
  service: TestService,
  code: string,
  { address }: { readonly address?: string } = {},
): Promise<Response> {
  return await service.request("/activate", {
    method: "POST",
    body: new URLSearchParams({ code }),
    headers: { origin: "null", "sec-fetch-site": "same-origin" },
    ...(address === undefined ? {} : { address }),
  });
}

/** Types a code, and reads the page that answers. */
export async function typedCode(
  service: TestService,
  code: string,
  options?: { readonly address?: string },
): Promise<Page> {
  return await pageOf(await typeCode(service, code, options));
}
