/**
 * The simulated Receipt Verification Service (RVS), the Acknowledge Receipt API, and the Appstore's side of a receipt:
 * what a customer, a payment or the time does to it.
 *
 * Amazon's pages do not say what a body beside a status other than 200 holds, nor what Acknowledge Receipt answers.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { MONTH_MS, parseReceipt, purchase, type Purchased, type ReceiptFault } from "./receipt_scenarios.ts";
import { jsonResponse, type SimulatedResponse } from "./responses.ts";

/** The developer's shared secret, unless the simulator is given others. It protects nothing. */
export const SHARED_SECRET = "dev-shared-secret";

/** What can happen to a receipt. */
export const RECEIPT_ACTIONS = ["renew", "fail", "recover", "cancel", "refund", "fulfill", "revoke"] as const;

/** One of {@linkcode RECEIPT_ACTIONS}. */
export type ReceiptAction = (typeof RECEIPT_ACTIONS)[number];

/** A receipt of the simulated Appstore. */
export interface SimulatedReceipt {
  /** The receipt id. */
  readonly id: string;
  /** The Appstore user. Null until somebody presents the receipt: that user has it. */
  userId: string | null;
  /** What was bought. */
  readonly purchased: Purchased;
}

interface KnownReceipt extends SimulatedReceipt {
  readonly faults: readonly ReceiptFault[];
  readonly counts: Map<ReceiptFault, number>;
}

/** The simulated receipts. */
export interface Receipts {
  /**
   * Sells something.
   *
   * @param scenario `name[~fault]…`, with a name of `RECEIPTS`.
   * @throws {RangeError} for an unknown name or fault
   */
  issue(scenario: string, options?: { userId?: string; receiptId?: string }): SimulatedReceipt;
  /** Finds a receipt. A well-formed id that is seen for the first time counts as sold now. */
  find(receiptId: string): SimulatedReceipt | undefined;
  /** Lets something happen to a receipt. */
  act(receipt: SimulatedReceipt, action: ReceiptAction): void;
  /** Responds as RVS does. */
  verify(asked: { secret: string; userId: string; receiptId: string; sandbox: boolean }): SimulatedResponse;
  /** Responds as the Acknowledge Receipt API does. */
  acknowledge(parameters: URLSearchParams): SimulatedResponse;
}

/** Milliseconds after which Amazon cancels and refunds a Quick Subscribe purchase that nobody has fulfilled. */
const FULFILL_WITHIN_MS = 14 * 86_400_000;
const MOST_RECEIPTS = 10_000;
const GRACE_MS = 5 * 86_400_000;

/** Creates a simulated Appstore that has sold nothing. `secrets`: the shared secrets of the developer. */
export function createReceipts(
  { clock, secrets }: { readonly clock: Clock; readonly secrets: readonly string[] },
): Receipts {
  const known = new Map<string, KnownReceipt>();

  function issue(scenario: string, options: { userId?: string; receiptId?: string } = {}): KnownReceipt {
    const parsed = parseReceipt(scenario);
    if (parsed === undefined) throw new RangeError(`Unknown receipt or fault in "${scenario}"`);
    const receipt: KnownReceipt = {
      id: options.receiptId ?? `${scenario}.${randomBytes(12).toString("base64")}:3:11`,
      userId: options.userId ?? null,
      purchased: purchase(parsed.scenario, clock.now()),
      faults: parsed.faults,
      counts: new Map(),
    };
    known.set(receipt.id, receipt);
    if (known.size > MOST_RECEIPTS) known.delete(known.keys().next().value!);
    return receipt;
  }

  function find(receiptId: string): KnownReceipt | undefined {
    const receipt = known.get(receiptId) ??
      (parseReceipt(receiptId) === undefined ? undefined : issue(receiptId, { receiptId }));
    if (receipt !== undefined) age(receipt.purchased, clock.now());
    return receipt;
  }

  return {
    issue,
    find,
    act: ({ purchased }, action) => void change(purchased, action, clock.now()),
    verify({ secret, userId, receiptId, sandbox }) {
      if (!sandbox && !secrets.includes(secret)) return refusal(496, "Invalid shared secret");
      const receipt = find(receiptId);
      if (receipt === undefined) return refusal(400, "The receipt id is unknown");
      receipt.userId ??= userId;
      const answer = receipt.userId !== userId
        ? refusal(497, "Invalid user id")
        : receipt.purchased.gone
        ? refusal(410, "The receipt is not valid any more")
        : null;
      const faults = nextFaults(receipt);
      const json = faults.reduce(
        (shaped, fault) => fault.reshape?.(shaped, "profile") ?? shaped,
        { ...describe(receipt, sandbox) } as Record<string, unknown>,
      );
      return faults.reduce(
        (response, fault) => fault.alter?.(response, fault.value) ?? response,
        answer ?? jsonResponse(200, json),
      );
    },
    acknowledge(parameters) {
      const [secret, userId, receiptId, result] = ["developer", "user", "receiptId", "fulfillmentResult"].map(
        (name) => parameters.get(name) ?? "",
      );
      if (!secrets.includes(secret!)) return refusal(496, "Invalid shared secret");
      const receipt = find(receiptId!);
      if (receipt === undefined) return refusal(400, "The receipt id is unknown");
      if (receipt.userId !== null && receipt.userId !== userId) return refusal(497, "Invalid user id");
      if (result !== "FULFILLED") return refusal(400, "The fulfillmentResult must be FULFILLED");
      change(receipt.purchased, "fulfill", clock.now());
      return jsonResponse(200, {});
    },
  };
}

function refusal(status: number, message: string): SimulatedResponse {
  return jsonResponse(status, { message, status: false });
}

function describe(
  { id, purchased: { quickSubscribe, gone: _, ...purchased } }: SimulatedReceipt,
  sandbox: boolean,
): Record<string, unknown> {
  return {
    ...purchased,
    receiptId: id,
    betaProduct: false,
    countryCode: "US",
    deferredDate: null,
    deferredSku: null,
    parentProductId: null,
    promotions: null,
    purchaseMetadataMap: quickSubscribe ? { QuickSubscribe: "true" } : null,
    quantity: 1,
    term: purchased.productType === "SUBSCRIPTION" ? "1 Month" : null,
    testTransaction: sandbox,
  };
}

/** Lets the time do what it does: a renewal, or the end of a purchase that nobody has fulfilled. */
function age(purchased: Purchased, now: number): void {
  const { quickSubscribe, fulfillmentResult, purchaseDate, cancelDate } = purchased;
  if (quickSubscribe && fulfillmentResult === null && cancelDate === null) {
    if (now >= purchaseDate + FULFILL_WITHIN_MS) end(purchased, purchaseDate + FULFILL_WITHIN_MS, 0);
  }
  while (
    purchased.renewalDate !== null && purchased.renewalDate <= now && purchased.gracePeriodEndDate === null
  ) {
    purchased.renewalDate += MONTH_MS;
  }
  const { gracePeriodEndDate } = purchased;
  if (gracePeriodEndDate !== null && gracePeriodEndDate <= now) end(purchased, gracePeriodEndDate, 2);
}

function change(purchased: Purchased, action: ReceiptAction, now: number): void {
  switch (action) {
    case "renew":
      purchased.renewalDate = (purchased.renewalDate ?? now) + MONTH_MS;
      return;
    case "fail":
      purchased.gracePeriodEndDate = now + GRACE_MS;
      return;
    case "recover":
      purchased.gracePeriodEndDate = null;
      purchased.renewalDate = now + MONTH_MS;
      return;
    case "cancel":
      purchased.cancelDate = purchased.renewalDate ?? now;
      Object.assign(purchased, { cancelReason: 1, autoRenewing: false, renewalDate: null });
      return;
    case "refund":
      end(purchased, now, 0);
      return;
    case "fulfill":
      // RVS tells of the fulfilment of subscriptions alone.
      if (purchased.productType !== "SUBSCRIPTION") return;
      Object.assign(purchased, { fulfillmentResult: "FULFILLED", fulfillmentDate: now });
      return;
    case "revoke":
      purchased.gone = true;
  }
}

function end(purchased: Purchased, cancelDate: number, cancelReason: number): void {
  Object.assign(purchased, {
    cancelDate,
    cancelReason,
    autoRenewing: false,
    renewalDate: null,
    gracePeriodEndDate: null,
  });
}

/** Returns the faults of this request and counts them: every delay, and the first other one that is left. */
function nextFaults({ faults, counts }: KnownReceipt): ReceiptFault[] {
  const remaining = faults.filter((fault) => (counts.get(fault) ?? 0) < fault.times);
  const first = remaining.find(({ argument }) => argument !== "MS");
  const chosen = remaining.filter((fault) => fault === first || fault.argument === "MS");
  for (const fault of chosen) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  return chosen.sort((a, b) => Number(a.argument === "MS") - Number(b.argument === "MS"));
}
