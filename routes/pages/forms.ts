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

const MOST_EMAIL_CHARACTERS = 320;

/**
 * Reads a form. It may have each field only once.
 *
 * @throws {Problem} `unsupported_media_type` or `invalid_request`
 * @internal
 */
export async function readForm(c: AppContext): Promise<ReadonlyMap<string, string>> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded *(?:;|$)/i.test(type)) {
    throw new Problem("unsupported_media_type", {
      detail: "Send the form as application/x-www-form-urlencoded",
    });
  }
  const fields = [...new URLSearchParams(await c.req.text())];
  const form = new Map(fields);
  if (form.size < fields.length) {
    throw new Problem("invalid_request", { detail: "The form has a field twice" });
  }
  return form;
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
