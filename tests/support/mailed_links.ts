/**
 * Mailed links, and the pages and forms behind them.
 *
 * @module
 */
import { assert } from "@std/assert";
import { viewDeletion } from "../../lib/my_account/deletion.ts";
import { viewReset } from "../../lib/my_account/password_reset.ts";
import type { LinkPurpose } from "../../lib/outbox/links.ts";
import type { SentMail, TestService } from "./test_service.ts";

/** Reads the token from the link of a mail; returns an empty text when the mail has no link. */
export function tokenOf({ text }: Pick<SentMail, "text">): string {
  return /\/([A-Za-z0-9_-]{64})$/m.exec(text)?.[1] ?? "";
}

/** Tells whether the link of a mail is valid now: neither used, nor expired, nor replaced. */
export async function isLinkValid(
  { services }: TestService,
  mail: SentMail,
  purpose: LinkPurpose = "password",
): Promise<boolean> {
  const token = tokenOf(mail);
  if (purpose === "deletion") return await viewDeletion(services, token) !== null;
  return typeof await viewReset(services, token) === "object";
}

/** Returns the mails with a link, oldest first. */
export function mailsWithLink({ mails }: TestService): SentMail[] {
  return mails.filter((mail) => tokenOf(mail) !== "");
}

/** Reads the path of the link in the newest mail with a link. */
export function linkIn(service: TestService): string {
  const [link] = /http:\/\/localhost:8000\/\S+/.exec(mailsWithLink(service).at(-1)?.text ?? "") ?? [];
  assert(link !== undefined, "There is no mail with a link");
  return new URL(link).pathname;
}

/** Requests a mail with a link to choose a password, and returns the path of the link. */
export async function resetLink(service: TestService, email: string): Promise<string> {
  const before = mailsWithLink(service).length;
  const response = await service.send("POST", "/v1/password-resets", { email });
  assert(response.status === 202, await response.text());
  await service.runDueTasks();
  assert(mailsWithLink(service).length === before + 1, `No mail to ${email}`);
  return linkIn(service);
}

/** Requests a mail with a link to delete an account, and returns the path of the link. */
export async function deletionLink(service: TestService, email: string): Promise<string> {
  const before = mailsWithLink(service).length;
  assert((await submit(service, "/delete-account", { email })).status === 200);
  await service.runDueTasks();
  assert(mailsWithLink(service).length === before + 1, `No mail to ${email}`);
  return linkIn(service);
}

/** Sends a form as a browser does from one of our pages: without a referrer, and so with an opaque origin. */
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

/** A page, as the service answered it. */
export interface Page {
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The headers of the answer. */
  readonly headers: Headers;
  /** The whole HTML. */
  readonly html: string;
  /** The heading, without tags. */
  readonly heading: string;
  /** The text that a reader sees, in one line. */
  readonly text: string;
}

/** Reads a page from an answer. */
export async function pageOf(response: Response): Promise<Page> {
  const { status, headers } = response;
  const html = await response.text();
  const [, heading = ""] = /<h1>(.*?)<\/h1>/.exec(html) ?? [];
  const text = html.replace(/^.*<main>/s, "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
  return { status, headers, html, heading, text };
}
