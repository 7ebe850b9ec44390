/**
 * Reads `WEBHOOK_URL` and `WEBHOOK_SECRET`, the settings of webhooks.
 *
 * @module
 */
import { z } from "zod";
import { isThisMachine } from "../base/hosts.ts";

const LEAST_BYTES = 24;
const MOST_BYTES = 64;
const MAKE_SECRET = 'make one with: echo "whsec_$(openssl rand -base64 32)"';

/**
 * Reads `WEBHOOK_URL`. The URL is kept as it is: it may have a query.
 * @internal
 */
export const webhookUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url)))) {
    context.addIssue("must be an https:// URL (http:// only for this machine itself)");
    return z.NEVER;
  }
  if (url.hash !== "" || url.username !== "" || url.password !== "") {
    context.addIssue("must not have a fragment or a user");
    return z.NEVER;
  }
  return url.href;
});

/**
 * Reads `WEBHOOK_SECRET`: secrets as Standard Webhooks writes them, separated by commas.
 * @internal
 */
export const webhookSecrets = z.string().transform((text, context) => {
  const secrets: Uint8Array[] = [];
  for (const entry of text.split(",")) {
    const [, base64] = /^\s*whsec_([A-Za-z0-9+/]+={0,2})\s*$/.exec(entry) ?? [];
    const secret = base64 === undefined ? null : decode(base64);
    if (secret === null || secret.length < LEAST_BYTES || secret.length > MOST_BYTES) {
      context.addIssue(
        `must be whsec_ and base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes, comma-separated: ${MAKE_SECRET}`,
      );
      return z.NEVER;
    }
    secrets.push(secret);
  }
  return secrets;
});

function decode(base64: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return null;
  }
}
