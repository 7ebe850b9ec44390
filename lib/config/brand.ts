/**
 * Reads `APP_LOGO_URL`, `APP_COLOR` and `SUPPORT_URL`, the brand of the app in mails and on pages.
 *
 * @module
 */
import { z } from "zod";
import { isThisMachine } from "../base/hosts.ts";

/** The brand of the app in mails and on pages. */
export interface Brand {
  /** The URL of a picture, which is shown beside the name of the app; null: the first letter of the name. */
  readonly logoUrl: string | null;
  /** `#` and six hexadecimal digits in lower case; null: a colour of our own. */
  readonly colour: string | null;
  /** Where customers get help: `https:` or `mailto:`; null: mails and pages do not say. */
  readonly supportUrl: string | null;
}

const logoUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && isThisMachine(url));
  if (url === null || !safe || url.username !== "" || url.password !== "") {
    context.addIssue("must be the https:// URL of a picture, without a user");
    return z.NEVER;
  }
  return url.href;
});

const colour = z.string().transform((text, context) => {
  const [, digits] = /^#([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text.trim()) ?? [];
  if (digits === undefined) {
    context.addIssue("must be a colour like #0a5c7a");
    return z.NEVER;
  }
  return `#${digits.length === 3 ? digits.replaceAll(/./g, "$&$&") : digits}`.toLowerCase();
});

const supportUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const page = url?.protocol === "https:" && url.username === "" && url.password === "";
  if (url === null || !(page || /^mailto:[^@?]+@[^@?]+/.test(url.href))) {
    context.addIssue("must be an https:// URL without a user, or mailto: and an address");
    return z.NEVER;
  }
  return url.href;
});

/** The variables of the brand. @internal */
export const brandVariables = {
  APP_LOGO_URL: logoUrl.optional(),
  APP_COLOR: colour.optional(),
  SUPPORT_URL: supportUrl.optional(),
};

/** Makes the brand of the variables' values. */
export function brandConfig(
  values: {
    readonly APP_LOGO_URL?: string | undefined;
    readonly APP_COLOR?: string | undefined;
    readonly SUPPORT_URL?: string | undefined;
  },
): Brand {
  return {
    logoUrl: values.APP_LOGO_URL ?? null,
    colour: values.APP_COLOR ?? null,
    supportUrl: values.SUPPORT_URL ?? null,
  };
}
