/** What RVS says about a receipt. */
import { assertEquals } from "@std/assert";
import { interpretVerdict, type Purchase } from "../../../lib/amazon/verdict.ts";

/** The example of Amazon's reference "RVS Response Fields", with a subscription's values. */
const SUBSCRIPTION = {
  autoRenewing: true,
  betaProduct: false,
  cancelDate: null,
  cancelReason: null,
  countryCode: "US",
  freeTrialEndDate: null,
  fulfillmentDate: null,
  fulfillmentResult: null,
  gracePeriodEndDate: null,
  parentProductId: null,
  productId: "sub1",
  productType: "SUBSCRIPTION",
  promotions: null,
  purchaseDate: 1_399_070_221_749,
  purchaseMetadataMap: { QuickSubscribe: "true" },
  quantity: 1,
  receiptId: "wE1EG1gsEZI9q9UnI5YoZ2OxeoVKPdR5bvPMqyKQq5Y=:1:11",
  renewalDate: 1_401_748_621_749,
  term: "1 Month",
  termSku: "sub1-monthly",
  testTransaction: false,
};
const PURCHASE = {
  sku: "sub1",
  termSku: "sub1-monthly",
  productType: "SUBSCRIPTION",
  purchasedAt: 1_399_070_221_749,
  renewsAt: 1_401_748_621_749,
  cancelsAt: null,
  trialEndsAt: null,
  graceEndsAt: null,
  autoRenewing: true,
  fulfilled: false,
  quickSubscribe: true,
  test: false,
};

Deno.test("interpretVerdict() reads each field of a purchase", () => {
  const read = (changes = {}) =>
    interpretVerdict(200, { kind: "object", value: { ...SUBSCRIPTION, ...changes } });
  assertEquals(read(), { outcome: "confirmed", purchase: PURCHASE });
  const cases: [changes: Record<string, unknown>, expected: Partial<Purchase>][] = [
    [{ cancelDate: 1 }, { cancelsAt: 1 }],
    [{ freeTrialEndDate: 2 }, { trialEndsAt: 2 }],
    [{ gracePeriodEndDate: 3 }, { graceEndsAt: 3 }],
    [{ fulfillmentResult: "FULFILLED" }, { fulfilled: true }],
    [{ fulfillmentResult: "UNAVAILABLE" }, { fulfilled: true }],
    [{ purchaseMetadataMap: null }, { quickSubscribe: false }],
    [{ purchaseMetadataMap: {} }, { quickSubscribe: false }],
    [{ purchaseMetadataMap: { QuickSubscribe: "false" } }, { quickSubscribe: false }],
    [{ testTransaction: true }, { test: true }],
    [{ betaProduct: true }, { test: true }],
    [{ autoRenewing: false, renewalDate: null }, { autoRenewing: false, renewsAt: null }],
    [{ autoRenewing: null, termSku: null, quantity: null }, { autoRenewing: false, termSku: null }],
    [{ purchaseDate: undefined }, { purchasedAt: null }],
  ];
  for (const [changes, expected] of cases) {
    assertEquals(read(changes), { outcome: "confirmed", purchase: { ...PURCHASE, ...expected } });
  }
});

Deno.test("interpretVerdict() takes a body of other types for no answer", () => {
  for (
    const changes of [
      { productId: undefined },
      { productId: "" },
      { productId: ["sub1"] },
      { productId: "p".repeat(257) },
      { productType: null },
      { purchaseDate: "1399070221749" },
      { purchaseDate: -1 },
      { cancelDate: 8.64e15 + 1 },
      { cancelDate: 1.5 },
      { renewalDate: true },
      { gracePeriodEndDate: {} },
      { autoRenewing: "true" },
      { fulfillmentResult: 1 },
      { purchaseMetadataMap: "QuickSubscribe" },
      { testTransaction: "false" },
    ]
  ) {
    const value = { ...SUBSCRIPTION, ...changes };
    assertEquals(
      interpretVerdict(200, { kind: "object", value }),
      { outcome: "unavailable" },
      JSON.stringify(changes),
    );
  }
  assertEquals(interpretVerdict(200, { kind: "interrupted" }), { outcome: "unavailable" });
});
