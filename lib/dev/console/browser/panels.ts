/**
 * The panels beside the timeline: the account as it is stored, and the newest mails. Runs in the browser.
 *
 * @module
 */
import { element } from "./dom.ts";
import { json } from "./timeline.ts";

/** An account, opened and as it lies in KV. */
export interface StoredAccount {
  /** The record, opened. */
  readonly record: Readonly<Record<string, unknown>>;
  /** Its entries. */
  readonly entries: readonly { readonly key: string; readonly value: unknown }[];
}

/** A mail in the list. */
export interface MailSummary {
  /** Names it. */
  readonly id: string;
  /** Its subject. */
  readonly subject: string;
  /** Whom it is for. */
  readonly to: readonly string[];
}

const FIELDS = [
  "name",
  "email",
  "email_verified",
  "postal_code",
  "amazon_user_id",
  "password",
  "session_epoch",
];

/** Shows what is stored of the account of this TV; null: nobody is signed in. */
export function renderAccount(panel: HTMLElement, stored: StoredAccount | null): void {
  if (stored === null) {
    panel.replaceChildren(element("p", { class: "empty" }, "Nobody has signed in on this TV yet."));
    return;
  }
  const { record, entries } = stored;
  panel.replaceChildren(
    element(
      "dl",
      {},
      ...FIELDS.flatMap((name) => [element("dt", {}, name), element("dd", {}, textOf(record[name]))]),
    ),
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

/** Shows the newest mails. */
export function renderMails(list: HTMLElement, mails: readonly MailSummary[]): void {
  list.replaceChildren(
    ...mails.map(({ id, subject, to }) =>
      element(
        "li",
        {},
        element(
          "a",
          { href: `/dev/mail/${id}` },
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
          "No mail yet. A new customer is asked for a password a day later.",
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
