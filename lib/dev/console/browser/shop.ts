/**
 * Shows the Appstore of the TV: the consent, and what the customer has bought. Runs in the browser.
 *
 * @module
 */
import type { TvAppstore } from "./appstore.ts";
import { byId, element } from "./dom.ts";
import { day } from "./plans.ts";
import type { Consent } from "./scenarios.ts";
import { RECEIPT_BUTTONS, type SoldReceipt } from "./state.ts";

const CONSENT: Readonly<Record<Consent, string>> = {
  given: "given",
  used_up: "used up",
  none: "none",
};

/** Shows the state of the consent, and which method is silent. */
export function renderConsent({ consent, reading, silent }: TvAppstore): void {
  byId("consent").textContent = CONSENT[consent];
  (byId("reading") as HTMLSelectElement).value = reading;
  (byId("silent") as HTMLSelectElement).value = silent ?? "";
}

/** Lists the purchases, with a button for each thing that can happen to one. */
export function renderReceipts(
  list: HTMLElement,
  receipts: readonly SoldReceipt[],
  act: (receiptId: string, action: string) => void,
): void {
  list.replaceChildren(
    ...receipts.map((receipt) =>
      element(
        "li",
        {},
        element("p", {}, describe(receipt)),
        element(
          "div",
          { class: "buttons" },
          ...Object.entries(RECEIPT_BUTTONS).map(([action, text]) =>
            element("button", { type: "button", onclick: () => act(receipt.id, action) }, text)
          ),
        ),
      )
    ),
    ...(receipts.length === 0 ? [element("li", { class: "empty" }, "Nothing was bought.")] : []),
  );
}

function describe({ purchased }: SoldReceipt): string {
  const { renewalDate, cancelDate, gracePeriodEndDate, fulfillmentResult } = purchased;
  const end = cancelDate !== null
    ? `ends ${day(cancelDate)}`
    : gracePeriodEndDate !== null
    ? `not paid, ends ${day(gracePeriodEndDate)}`
    : renewalDate !== null
    ? `renews ${day(renewalDate)}`
    : "bought once";
  return `${end}, ${fulfillmentResult === null ? "not fulfilled" : "fulfilled"}`;
}
