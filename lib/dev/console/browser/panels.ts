/**
 * Renders the panels of the stored account and of the newest mails. Runs in the browser.
 *
 * @module
 */
import { element } from "./dom.ts";
import type { MailSummary, StoredAccount } from "./state.ts";
import { planList } from "./plans.ts";
import { json } from "./timeline.ts";

const FIELDS = [
  "name",
  "email",
  "email_verified",
  "postal_code",
  "amazon_user_id",
  "password",
  "session_epoch",
];

/** Renders the stored account of the signed-in customer; null when nobody is signed in. */
export function renderAccount(panel: HTMLElement, stored: StoredAccount | null): void {
  if (stored === null) {
    panel.replaceChildren(element("p", { class: "empty" }, "Nobody has signed in on this TV yet."));
    return;
  }
  const { record, entitlements, entries } = stored;
  panel.replaceChildren(
    element(
      "dl",
      {},
      ...FIELDS.flatMap((name) => [element("dt", {}, name), element("dd", {}, textOf(record[name]))]),
    ),
    ...(entitlements.length === 0
      ? []
      : [element("h3", {}, "Entitlements"), planList(entitlements, new Set())]),
    element("h3", {}, "In KV"),
    element(
      "ul",
      { class: "entries" },
      ...entries.map(({ key, value }) =>
        element(
          "li",
          {},
          element(
            "details",
            {},
            element(
              "summary",
              {},
              element("code", {}, key),
              element(
                "span",
                { class: isSealed(value) ? "sealed" : "plain" },
                isSealed(value) ? "sealed" : "pointer",
              ),
            ),
            json(value),
          ),
        )
      ),
    ),
  );
}

/** Renders the list of the newest mails. */
export function renderMails(list: HTMLElement, mails: readonly MailSummary[]): void {
  list.replaceChildren(
    ...mails.map(({ id, subject, to }) =>
      element(
        "li",
        {},
        element(
          "a",
          // The TV lives in this page, so a mail opens beside it.
          { href: `/dev/mail/${id}`, target: "_blank" },
          element("strong", {}, subject),
          element("span", {}, to.join(", ")),
        ),
      )
    ),
    ...(mails.length === 0
      ? [
        element(
          "li",
          { class: "empty" },
          "No mail yet. A new customer gets one a day later, to choose a password.",
        ),
      ]
      : []),
  );
}

function isSealed(value: unknown): boolean {
  return typeof value === "object" && value !== null && "sealed_by" in value;
}

function textOf(value: unknown): string {
  const { kind } = Object(value);
  return String(kind ?? value ?? "–");
}
