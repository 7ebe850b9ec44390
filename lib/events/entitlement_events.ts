/**
 * The events of purchases.
 *
 * @module
 */
import type { Happening } from "./events.ts";

/** Returns the events that tell of changes of entitlements. A change of a product that is not known is not told. */
export function happeningsOf(
  changes: readonly { readonly sku: string | null; readonly state: string }[] = [],
): Happening[] {
  return changes.flatMap(({ sku, state }) =>
    sku === null ? [] : [{ type: "entitlement.changed", sku, state }]
  );
}
