/**
 * Mailed links and the forms behind them, as a test follows and sends them.
 *
 * @module
 */
import { assert } from "@std/assert";
import type { TestService } from "./test_service.ts";

/** The path of the link in the newest mail. */
export function linkIn(service: TestService): string {
  const [link] = /http:\/\/localhost:8000\/\S+/.exec(service.mails.at(-1)?.text ?? "") ?? [];
  assert(link !== undefined, "There is no mail with a link");
  return new URL(link).pathname;
}

/** Asks for a link to choose a password and gives its path. */
export async function resetLink(service: TestService, email: string): Promise<string> {
  const before = service.mails.length;
  const response = await service.send("POST", "/v1/password-resets", { email });
  assert(response.status === 202, await response.text());
  await service.runDueTasks();
  assert(service.mails.length === before + 1, `No mail to ${email}`);
  return linkIn(service);
}

/** Asks for a link to delete an account and gives its path. */
export async function deletionLink(service: TestService, email: string): Promise<string> {
  const before = service.mails.length;
  assert((await submit(service, "/delete-account", { email })).status === 200);
  await service.runDueTasks();
  assert(service.mails.length === before + 1, `No mail to ${email}`);
  return linkIn(service);
}

/** Sends a form as a browser does: from our own page, without a referrer and so with an opaque origin. */
export async function submit(
  service: TestService,
  path: string,
  fields: Record<string, string>,
  { headers, address }: { headers?: Record<string, string>; address?: string } = {},
): Promise<Page> {
  const response = await service.request(path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { origin: "null", "sec-fetch-site": "same-origin", ...headers },
    ...(address === undefined ? {} : { address }),
  });
  return await pageOf(response);
}

/** Opens a page. */
export async function open(service: TestService, path: string, init: RequestInit = {}): Promise<Page> {
  return await pageOf(await service.request(path, init));
}

/** A page that was answered. */
export interface Page {
  /** Of the answer. */
  readonly status: number;
  /** Of the answer. */
  readonly headers: Headers;
  /** All of it. */
  readonly html: string;
  /** Its heading. */
  readonly heading: string;
  /** What a reader sees, in one line. */
  readonly text: string;
}

/** Reads a page. */
export async function pageOf(response: Response): Promise<Page> {
  const { status, headers } = response;
  const html = await response.text();
  const [, heading = ""] = /<h1>(.*?)<\/h1>/.exec(html) ?? [];
  const text = html.replace(/^.*<main>/s, "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
  return { status, headers, html, heading, text };
}
