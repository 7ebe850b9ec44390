/**
 * Schemas of values that several variables share.
 *
 * @module
 */
import { z } from "zod";
import { isThisMachine } from "../base/hosts.ts";

/**
 * Reads a whole number from `least` to `most`.
 * @internal
 */
export const wholeNumber = (least: number, most: number) =>
  z.string().regex(/^\d{1,9}$/, "must be a whole number").transform(Number)
    .refine((n) => n >= least && n <= most, `must be from ${least} to ${most}`);

/**
 * Reads one of the given words.
 * @internal
 */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, `must be ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`);

/**
 * Reads a URL that is `https:`, or `http:` on this machine. The result has no trailing slash.
 * @internal
 */
export const httpUrl = z.string({ error: "is missing: the https:// URL of this service" }).transform(
  (text, context) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url)))) {
      context.addIssue("must be an https:// URL (http:// only for this machine itself)");
      return z.NEVER;
    }
    if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
      context.addIssue("must not have a query, a fragment or a user");
      return z.NEVER;
    }
    return url.href.replace(/\/+$/, "");
  },
);

/**
 * Reads a level of the log, in upper or lower case. Lines say `WARN`, so `warn` is understood too.
 * @internal
 */
export const logLevel = z.string().transform((text) => text.toLowerCase().replace(/^warn$/, "warning"))
  .pipe(oneOf("debug", "info", "warning", "error"));
