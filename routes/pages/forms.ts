/**
 * Forms that customers send from the pages of the service: reading them, and refusing those of other sites.
 *
 * @module
 */
import { createMiddleware } from "hono/factory";
import { type Email, parseEmail } from "../../lib/base/email.ts";
import { Problem } from "../../lib/base/problem.ts";
import type { Config } from "../../lib/config/config.ts";
import type { AppContext, AppEnv, Middleware } from "../http/env.ts";

const FORM_TYPE = /^application\/x-www-form-urlencoded$/;
const WANTED = "Send the form as application/x-www-form-urlencoded in UTF-8, without a Content-Encoding";
const MOST_EMAIL_CHARACTERS = 320;

/**
 * Reads a form, as browsers encode it. It may have each field only once.
 *
 * @throws {Problem} `unsupported_media_type`, `payload_too_large` or `invalid_request`
 * @internal
 */
export async function readForm(c: AppContext): Promise<ReadonlyMap<string, string>> {
  if (c.req.header("content-type") === undefined) {
    throw new Problem("unsupported_media_type", { detail: WANTED });
  }
  const options = { mediaType: FORM_TYPE, wanted: WANTED, requestId: c.get("requestId") };
  const body = await c.get("body").text(c.req.raw, options);
  const pairs = body.split("&").filter((pair) => pair !== "").map((pair) => {
    const [, name = "", value = ""] = /^([^=]*)=?([^]*)$/.exec(pair) ?? [];
    return [decodeField(name), decodeField(value)] as const;
  });
  const form = new Map(pairs);
  if (form.size < pairs.length) {
    throw new Problem("invalid_request", { detail: "The form has a field twice" });
  }
  return form;
}

/** Decodes a name or value. `URLSearchParams` would read bad bytes as U+FFFD, so that two passwords could be the same. */
function decodeField(encoded: string): string {
  // A percent sign that encodes nothing stands for itself, as in browsers.
  const percent = encoded.replaceAll("+", " ").replace(/%(?![0-9a-f]{2})/gi, "%25");
  try {
    return decodeURIComponent(percent);
  } catch {
    throw new Problem("invalid_request", { detail: "The form is not UTF-8" });
  }
}

/** Reads the email of a form. Returns null when the text is not an email address. */
export function emailOf(form: ReadonlyMap<string, string>): Email | null {
  const text = form.get("email") ?? "";
  return text.length > MOST_EMAIL_CHARACTERS ? null : parseEmail(text);
}

/**
 * Creates the middleware that refuses a form of another site. The browser names such a form in `Sec-Fetch-Site`.
 *
 * Our forms need no cookie. So the other site gains nothing by such a form, except that it comes from the address of the
 * visitor. `Origin` cannot tell: our pages send no referrer, and then browsers send `null` there for our own forms too.
 */
export function refuseForeignForms(config: Pick<Config, "appName" | "brand">): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const foreign = ["cross-site", "same-site"].includes(c.req.header("sec-fetch-site") ?? "");
    if (c.req.method !== "POST" || !foreign) return await next();
    const { renderRefusal } = await import("./problem_pages.tsx");
    return renderRefusal(c, config);
  });
}
