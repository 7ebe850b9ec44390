/**
 * The responses that are searched for secrets, and an Amazon whose answers have texts to search for.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Secret } from "./secret_scan.ts";

/** One response, and the secrets that it may hold. */
export interface Answer {
  /** The request, in words. */
  what: string;
  /** The code of the problem, or the status. */
  outcome: string;
  /** Status, headers and body as one text. */
  text: string;
  /** The names of the secrets that it may hold by the contract. */
  allowed: readonly string[];
  /** The secret of the session token or link ticket that it returns. No other response may hold it. */
  gives: Secret[];
}

/** Reads a response, with what it may hold by the contract. */
export async function answerOf(what: string, response: Response): Promise<Answer> {
  const body = await response.text();
  const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
  const json = body === "" || isPage ? {} : JSON.parse(body);
  const given: string | undefined = json.session_token?.slice(-43) ?? json.link_ticket?.slice(-43);
  const allowed = isPage
    ? response.status === 404 || response.status === 410 ? [] : ["email", "device"]
    : json.exported_at !== undefined
    ? ["email", "name", "postal_code", "device", "user_id", "receipt id", "Appstore user id"]
    : json.account !== undefined || json.email !== undefined
    ? ["email", "name", "postal_code", "device"]
    : json.sessions !== undefined || json.events !== undefined
    ? ["device"]
    : json.code === "profile_incomplete"
    ? ["name", "postal_code"]
    : [];
  return {
    what,
    outcome: json.code ?? String(response.status),
    text: `${response.status} ${JSON.stringify([...response.headers])}\n${body}`,
    allowed,
    gives: given === undefined ? [] : [{ name: `secret of ${what.replace(/ again$/, "")}`, text: given }],
  };
}

/** Wraps Amazon: its tokens and postal codes begin with texts to search for. */
export function marking(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const begun = new Map<string, string>();
  const mark = (text: string) =>
    text.replaceAll(/(Atz[ar]\|)([\w-]{20})([\w-]{40})/g, (_, prefix, head, rest) => {
      begun.set(rest, head);
      return `${prefix}canary-${prefix === "Atza|" ? "access-token-" : "refresh-token"}${rest}`;
    }).replaceAll('"postal_code":"', '"postal_code":"PC-canary-');
  const unmark = (url: string) =>
    url.replace(
      /canary-(?:access-token-|refresh-token)([\w-]{40})/,
      (_, rest) => `${begun.get(rest)}${rest}`,
    );
  return async (input, init) => {
    const response = await fetch(unmark(String(input)), init);
    const transform = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) =>
        controller.enqueue(Buffer.from(mark(Buffer.from(chunk).toString("latin1")), "latin1")),
    });
    const headers = new Headers(response.headers);
    headers.delete("content-length");
    return new Response(response.body?.pipeThrough(transform) ?? null, { status: response.status, headers });
  };
}
