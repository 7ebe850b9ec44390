/**
 * Shows what an account may use, on the TV and in the panel of the account. Runs in the browser.
 *
 * @module
 */
import type { Entitlement } from "../../../client/mod.ts";
import { element } from "./dom.ts";

const STATES: Readonly<Record<Entitlement["state"], string>> = {
  active: "active",
  grace: "payment is due",
  ended: "ended",
  unverified: "being verified",
  invalid: "not known to Amazon",
  elsewhere: "belongs to another account",
};

/**
 * Lists entitlements in a line each.
 *
 * @param fulfilled The receipts that this device has fulfilled since the service told of them.
 */
export function planList(entitlements: readonly Entitlement[], fulfilled: ReadonlySet<string>): HTMLElement {
  return element(
    "ul",
    { class: "plans" },
    ...entitlements.map((entitlement) => {
      const { sku, state, receipt_id } = entitlement;
      const name = (sku ?? receipt_id).split(".").at(sku === null ? 0 : -1) ?? "";
      return element(
        "li",
        { "data-state": state },
        element("strong", {}, name),
        ` ${[STATES[state], ...detailsOf(entitlement, fulfilled.has(receipt_id))].join(", ")}`,
      );
    }),
  );
}

function detailsOf(
  { trial, renews_at, ends_at, fulfillment }: Entitlement,
  fulfilledHere: boolean,
): string[] {
  const isDone = fulfilledHere || fulfillment === "done";
  return [
    ...(trial ? ["free trial"] : []),
    ...(ends_at !== null ? [`ends ${day(ends_at)}`] : renews_at !== null ? [`renews ${day(renews_at)}`] : []),
    ...(fulfillment === null ? [] : [isDone ? "fulfilled" : "not fulfilled"]),
  ];
}

/** Returns the day of a time: RFC 3339, or milliseconds since the epoch. */
export function day(time: string | number): string {
  return new Date(time).toISOString().slice(0, 10);
}
