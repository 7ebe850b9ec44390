/**
 * Plays every outcome of purchases with secrets that a search finds wherever they leak.
 *
 * @module
 */
import { SHARED_SECRET } from "../../lib/dev/simulator/receipts.ts";
import { RECEIPTS } from "../../lib/dev/simulator/receipt_scenarios.ts";
import type { Answer } from "./leak_answers.ts";
import { notify, RTN_ENV, settle } from "./notifications.ts";
import type { Secret } from "./secret_scan.ts";
import type { TestService } from "./test_service.ts";

/** Variables of the service that is searched. */
export const PURCHASES_ENV = { ...RTN_ENV, RECEIPT_SIGN_IN: "on", APPSTORE_ACKNOWLEDGE: "true" };

/** Texts of purchases that may be only in the response bodies for which the contract names them. */
export const PURCHASE_SECRETS: readonly Secret[] = [
  { name: "receipt id", text: "canary-receipt" },
  { name: "Appstore user id", text: "canary-appstore-user" },
  { name: "shared secret", text: SHARED_SECRET },
  { name: "SNS message id", text: "canary-message-id" },
];

const USER = "canary-appstore-user-1";
const FAULTS = [
  "400",
  "497",
  "496",
  "410",
  "429-1",
  "500",
  "hang",
  "drop",
  "cut",
  "html",
  "wrong_types",
  "redirect-307",
];

/** Brings, asks for, notifies of and signs in by receipts. */
export async function playPurchases(
  service: TestService,
  record: (what: string, pending: Promise<Response>) => Promise<Answer>,
): Promise<void> {
  const { session_token: token } = await service.signedIn("odd.canary-code-purchases");
  const allow = async (what: string, pending: Promise<Response>) => {
    const answer = await record(what, pending);
    answer.allowed = [...answer.allowed, "receipt id"];
  };
  const ids = Object.keys(RECEIPTS).map((scenario) => `${scenario}.canary-receipt`);
  const submit = (receipts: string[], user_id = USER) =>
    service.send("POST", "/v1/purchases", { user_id, receipts }, { token });
  await allow("bring receipts", submit(ids));
  await allow("bring them as another user", submit(ids, `${USER}-other`));
  for (const fault of FAULTS) {
    await allow(`bring a receipt, ${fault}`, submit([`sub.active~${fault}.canary-receipt`]));
  }
  await allow(
    "bring receipts with a code",
    service.signIn("returning.canary-code-receipt", {
      key: "canary-idempotency-key-receipt",
      purchases: { user_id: USER, receipts: [ids[0], "canary-receipt", "sub.active~hang.canary-receipt-2"] },
    }),
  );
  await record("bring too many", submit(Array.from({ length: 11 }, (_, i) => `canary-receipt-${i}`)));
  await record("bring a bad one", submit([`canary-receipt${"x".repeat(256)}`], "canary-appstore-user\u0000"));
  await settle(service);
  await allow("list", service.request("/v1/entitlements", { token }));

  const signIn = (receipt_id: string) =>
    service.send("POST", "/v1/sessions/receipt", { user_id: USER, receipt_id });
  await record("sign in by a receipt", signIn(ids[0]!));
  await record("sign in by a receipt that nobody has", signIn("sub.active.canary-receipt-free"));
  for (const fault of FAULTS) {
    await record(`sign in by a receipt, ${fault}`, signIn(`sub.active~${fault}.canary-receipt-3`));
  }

  const { notifications, receipts } = service.simulator;
  const parked = receipts.issue("sub.active", { receiptId: "canary-receipt-parked", userId: USER });
  for (const receipt of [receipts.find(ids[0]!)!, parked]) {
    const message = notifications.notice(receipt, "renew", { timestamp: service.clock.now() + 1 });
    await record("a notification", notify(service, message));
    await record("a notification again", notify(service, message));
    await record(
      "a forged notification",
      notify(service, message.replace("canary-receipt", "canary-receipt-x")),
    );
  }
  await record(
    "an unreadable notification",
    notify(service, notifications.envelope({ MessageId: "canary-message-id", Message: "canary-receipt" })),
  );
  await record("no notification", notify(service, "canary-receipt"));
  await settle(service);
  // A day later the checks ask again, and acknowledge.
  service.clock.jump(2 * 86_400_000);
  await service.answerOf(service.runDueTasks());
}
