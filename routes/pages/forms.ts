/**
 * Forms that customers send from our pages.
 *
 * @module
 */
import { type Email, parseEmail } from "../../lib/base/email.ts";
import { Problem } from "../../lib/base/problem.ts";
import type { Config } from "../../lib/config/config.ts";
import { createMiddleware } from "hono/factory";
import type { AppContext, AppEnv, Middleware } from "../http/env.ts";
import type { Fault } from "./page.tsx";

const MOST_EMAIL_CHARACTERS = 320;

/** What is said of an email that is none. */
export const EMAIL_FAULT: Fault = {
  field: "email",
  message: "Type an email address, like name@example.com",
};

/**
 * Reads a form, each field of which may stand in it once.
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
    throw new Problem("invalid_request", { detail: "A field of the form stands in it twice" });
  }
  return form;
}

/** Reads an email that somebody typed; null when it is none. */
export function emailOf(form: ReadonlyMap<string, string>): Email | null {
  const text = form.get("email") ?? "";
  return text.length > MOST_EMAIL_CHARACTERS ? null : parseEmail(text);
}

/**
 * Refuses a form that another site has sent, as the browser tells in `Sec-Fetch-Site`. Our forms need no cookie, so such a
 * form could do nothing that its sender cannot do alone, except come from the visitor's address. `Origin` does not tell:
 * where no referrer is sent, browsers send `null` there, for our own forms too.
 */
export function refuseForeignForms(config: Pick<Config, "appName">): Middleware {
  return createMiddleware<AppEnv>(async (c, next) => {
    const foreign = ["cross-site", "same-site"].includes(c.req.header("sec-fetch-site") ?? "");
    if (c.req.method !== "POST" || !foreign) return await next();
    const { renderRefusal } = await import("./problem_pages.tsx");
    return renderRefusal(c, config);
  });
}
