/**
 * Reads `CORS_ORIGINS`, the web apps of other origins that may call the API.
 *
 * @module
 */
import { z } from "zod";
import { isThisMachine } from "../base/hosts.ts";

/**
 * Reads origins, separated by commas. A browser sends them in this form.
 * @internal
 */
export const origins = z.string().transform((text, context): readonly string[] => {
  const list = text.split(",").map((entry) => originOf(entry.trim()));
  if (list.includes(null)) {
    context.addIssue(
      "must be origins such as https://tv.example.com, comma-separated and without a path (http:// only for this machine itself)",
    );
    return z.NEVER;
  }
  return list.filter((origin) => origin !== null);
});

function originOf(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== "https:" && !(url.protocol === "http:" && isThisMachine(url)))) {
    return null;
  }
  return url.href === `${url.origin}/` && !text.endsWith("/") ? url.origin : null;
}
