/**
 * The receipts that a request brings, while RVS is asked about them.
 *
 * @module
 */
import type { ReceiptClaim } from "./entitlement_records.ts";
import type { AmazonClient } from "../amazon/appstore.ts";
import type { Clock } from "../base/clock.ts";
import type { Rvs, Verification } from "../amazon/rvs.ts";
import type { Telemetry } from "../base/telemetry.ts";

/** Receipts of one Appstore user, as a validated request brings them. */
export interface Purchases {
  /** The Appstore's `UserData.userId`, 1 to 128 characters. */
  readonly userId: string;
  /** 1 to 10 different receipt ids, each 1 to 256 characters. */
  readonly receiptIds: readonly string[];
}

/** Receipts about which RVS is being asked. Dispose of it when nobody waits for the answers any more. */
export interface BroughtReceipts extends Disposable {
  /** Resolves when RVS was asked about all of them. Never rejects. */
  readonly all: Promise<void>;
  /** Returns the receipts with what RVS has said so far. */
  claims(): ReceiptClaim[];
}

/**
 * Begins to ask RVS about the receipts of a request.
 *
 * @param of `client`: has a shared secret when there are receipts; the route has checked it.
 * @returns Null when the request brings none.
 */
export function bringReceipts(
  { rvs, clock, telemetry }: {
    readonly rvs: Rvs;
    readonly clock: Pick<Clock, "now">;
    readonly telemetry: Telemetry;
  },
  purchases: Purchases | undefined,
  { client, requestId }: { readonly client: AmazonClient; readonly requestId: string },
): BroughtReceipts | null {
  const { sharedSecret } = client;
  if (purchases === undefined || sharedSecret === undefined) return null;
  const askedAt = clock.now();
  // The work of a span begins at once, so there is a verification after this line.
  let verification!: Verification;
  const all = telemetry.span("rvs", () => {
    verification = rvs.verifyAll(purchases, { ...client, sharedSecret }, requestId);
    return verification.all;
  });
  return {
    all,
    claims: () =>
      purchases.receiptIds.map((receiptId) => ({
        receiptId,
        userId: purchases.userId,
        app: client.app,
        verdict: verification.verdictOf(receiptId),
        askedAt,
      })),
    [Symbol.dispose]: () => verification[Symbol.dispose](),
  };
}
