/**
 * The receipts of the simulator. A receipt id is `scenario[~fault]…[.nonce]`, and a fault is `kind[-argument][*times]`,
 * with the kinds of `FAULTS` that both of Amazon's other endpoints have.
 *
 * @module
 */
import { type Fault, findFault } from "./faults.ts";

/** A purchase, as the simulated Appstore keeps it. The names are those of RVS. Times are milliseconds since the epoch. */
export interface Purchased {
  /** The kind of product. */
  productType: "SUBSCRIPTION" | "ENTITLED" | "CONSUMABLE";
  /** The product. */
  productId: string;
  /** The term of a subscription. */
  termSku: string | null;
  /** The first purchase. */
  purchaseDate: number;
  /** The next renewal; null when there is none. */
  renewalDate: number | null;
  /** The end of the access; null when none is known. */
  cancelDate: number | null;
  /** Why the access ends: 0 unfulfilled or refunded, 1 the customer's wish, 2 a payment that failed, 4 another tier. */
  cancelReason: number | null;
  /** Whether the subscription renews itself. */
  autoRenewing: boolean;
  /** The end of the free trial. */
  freeTrialEndDate: number | null;
  /** The end of the grace period. */
  gracePeriodEndDate: number | null;
  /** What the device told the Appstore. */
  fulfillmentResult: string | null;
  /** When the device told it. */
  fulfillmentDate: number | null;
  /** Whether it was sold by Quick Subscribe. */
  quickSubscribe: boolean;
  /** Whether RVS answers 410. */
  gone: boolean;
}

/** One entry of {@linkcode RECEIPTS}. */
export interface ReceiptScenario {
  /** One line that helps a developer to choose a receipt. */
  description: string;
  /** Returns what differs from a running monthly subscription that was bought at `now` and is not fulfilled. */
  differs(now: number): Partial<Purchased>;
}

/** Milliseconds of the simulator's month. */
export const MONTH_MS = 30 * 86_400_000;
const DAY_MS = 86_400_000;

/** Every receipt, by the name at the start of its id. */
export const RECEIPTS: Readonly<Record<string, ReceiptScenario>> = {
  "sub.active": {
    description: "A running subscription, sold a moment ago by Quick Subscribe",
    differs: () => ({}),
  },
  "sub.trial": {
    description: "A subscription in its free week",
    differs: (now) => ({ freeTrialEndDate: now + 7 * DAY_MS, renewalDate: now + 7 * DAY_MS }),
  },
  "sub.grace": {
    description: "A subscription whose renewal was not paid: Amazon tries for 5 more days",
    differs: (now) => ({ ...boughtBefore(now, MONTH_MS), gracePeriodEndDate: now + 5 * DAY_MS }),
  },
  "sub.cancelled": {
    description: "A subscription that is not renewed any more, and runs for 10 more days",
    differs: (now) => ({
      ...boughtBefore(now, 20 * DAY_MS),
      autoRenewing: false,
      renewalDate: null,
      cancelDate: now + 10 * DAY_MS,
      cancelReason: 1,
    }),
  },
  "sub.ended": {
    description: "A subscription that ended an hour ago",
    differs: (now) => ({
      ...boughtBefore(now, MONTH_MS),
      autoRenewing: false,
      renewalDate: null,
      cancelDate: now - 3_600_000,
      cancelReason: 1,
    }),
  },
  "sub.gone": { description: "A receipt that is not valid any more: 410", differs: () => ({ gone: true }) },
  "sub.fulfilled": {
    description: "A running subscription that a device has fulfilled",
    differs: (now) => ({ fulfillmentResult: "FULFILLED", fulfillmentDate: now }),
  },
  "sub.iap": {
    description: "A running subscription that was bought in the app, not by Quick Subscribe",
    differs: () => ({ quickSubscribe: false }),
  },
  "item.entitled": { description: "A product that is bought once", differs: () => once("ENTITLED") },
  "item.consumable": { description: "A product that is used up", differs: () => once("CONSUMABLE") },
};

/** A fault that a receipt id asks for. */
export interface ReceiptFault extends Fault {
  /** The argument; undefined when the id names none. */
  value: number | undefined;
  /** The number of requests that the fault happens to; `Infinity` for all. */
  times: number;
}

/** A parsed receipt id. */
export interface ParsedReceipt {
  /** What was bought. */
  scenario: ReceiptScenario;
  /** The faults in the order of the id. */
  faults: readonly ReceiptFault[];
}

const RECEIPT = /^(?<scenario>[a-z]+\.[a-z]+)(?<faults>(?:~[^~.]+)*)(?:\.(?<nonce>.+))?$/;
const FAULT = /^(?<kind>\w+)(?:-(?<argument>\d{1,9}))?(?:\*(?<times>[1-9]\d{0,8}))?$/;

/** Parses a receipt id. Returns undefined for one that names an unknown scenario or fault. */
export function parseReceipt(id: string): ParsedReceipt | undefined {
  const groups = RECEIPT.exec(id)?.groups;
  if (!groups || !Object.hasOwn(RECEIPTS, groups.scenario!)) return undefined;
  const faults = groups.faults!.split("~").slice(1).map(parseFault);
  if (!faults.every((fault) => fault !== undefined)) return undefined;
  return { scenario: RECEIPTS[groups.scenario!]!, faults };
}

/** Returns what a scenario was bought as. */
export function purchase(scenario: ReceiptScenario, now: number): Purchased {
  return {
    productType: "SUBSCRIPTION",
    productId: "com.example.premium",
    termSku: "com.example.premium.monthly",
    purchaseDate: now,
    renewalDate: now + MONTH_MS,
    cancelDate: null,
    cancelReason: null,
    autoRenewing: true,
    freeTrialEndDate: null,
    gracePeriodEndDate: null,
    fulfillmentResult: null,
    fulfillmentDate: null,
    quickSubscribe: true,
    gone: false,
    ...scenario.differs(now),
  };
}

function boughtBefore(now: number, ms: number): Partial<Purchased> {
  const purchaseDate = now - ms;
  return { purchaseDate, fulfillmentResult: "FULFILLED", fulfillmentDate: purchaseDate };
}

function once(productType: Purchased["productType"]): Partial<Purchased> {
  return {
    productType,
    productId: `com.example.${productType.toLowerCase()}`,
    termSku: null,
    renewalDate: null,
    autoRenewing: false,
    quickSubscribe: false,
  };
}

function parseFault(text: string): ReceiptFault | undefined {
  const groups = FAULT.exec(text)?.groups;
  if (!groups) return undefined;
  const kind = groups.kind!;
  const fault = findFault(kind);
  const value = groups.argument === undefined ? undefined : Number(groups.argument);
  // A fault of one endpoint alone, or one of the guide's errors, is none of RVS.
  const general = fault?.endpoints.length === 2 && !/Error|invalid_/.test(kind);
  if (!general || !(fault.accepts?.(value) ?? value === undefined)) return undefined;
  return { ...fault, value, times: groups.times === undefined ? Infinity : Number(groups.times) };
}
