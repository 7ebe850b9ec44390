/**
 * The commit that ends a one-click sign-in: account, session and result of the code at once.
 *
 * @module
 */
import { findOwners, getIndexedAccount } from "../accounts/account_indexes.ts";
import { assertNotBlocked, type IdentifiedAccount, putAmazonAccount } from "../accounts/accounts.ts";
import type { ReceiptClaim } from "../accounts/entitlement_records.ts";
import { putLinkTicket } from "../accounts/link_tickets.ts";
import { putRefreshToken } from "../accounts/linking.ts";
import { ReceiptReading } from "../accounts/receipt_reading.ts";
import type { AmazonProfile } from "../amazon/endpoints.ts";
import { parseEmail } from "../base/email.ts";
import { newSecret } from "../base/ids.ts";
import type { Prefill } from "../base/problem.ts";
import { happeningsOf } from "../events/entitlement_events.ts";
import type { Device } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { repeatableOf } from "../sessions/replay.ts";
import { putSession } from "../sessions/sessions.ts";
import type { CodeExchange } from "./code_exchange.ts";
import { type LeftReceipts, settleAfter, settleBefore } from "./left_receipts.ts";
import { type AmazonAnswer, type AmazonSignIn, deriveTicketSecret, proofOf } from "./one_click_answer.ts";

/** Finds or creates the account, signs the device in and ends the exchange, in one commit. */
export async function commitAnswer(
  services: Services,
  store: Store,
  { request, exchange, profile, claims }: {
    readonly request: AmazonSignIn;
    readonly exchange: CodeExchange;
    readonly profile: AmazonProfile;
    readonly claims: readonly ReceiptClaim[] | null;
  },
): Promise<AmazonAnswer & { readonly checkDue: boolean }> {
  const { keyring, clock } = services;
  const { codeHash } = exchange;
  const repeatable = request.idempotencyKey !== null;
  const key_id = keyring.firstId;
  const secret = () => repeatable ? deriveTicketSecret(services, request, key_id) : newSecret();
  const { left = null, ...committed } = await store.near.transact<CommittedAnswer>(async (batch) => {
    const at = clock.now();
    const receipts = claims === null ? null : new ReceiptReading(batch, keyring, claims);
    const ticket = { userId: profile.user_id, codeHash, at };
    const found = await findOrPutAccount(services, batch, { profile, device: request.device, receipts });
    if (found.is === "unknown") {
      const linkTicket = putLinkTicket(batch, { ...ticket, accountId: null, secret: secret() });
      await exchange.putRelease(batch);
      return { outcome: "profile_incomplete", linkTicket, prefill: prefillOf(profile), checkDue: false };
    }
    if (found.is === "email_of_other") {
      const linkTicket = putLinkTicket(batch, { ...ticket, accountId: found.id, secret: secret() });
      await exchange.putResult(batch, { outcome: "link_required", account_id: found.id, key_id });
      return { outcome: "link_required", linkTicket, checkDue: false };
    }
    const { refreshToken } = exchange;
    if (refreshToken !== null) {
      putRefreshToken(batch, found.account.id, {
        token: refreshToken,
        amazon_user_id: profile.user_id,
        app: request.client.app,
      });
    }
    const { created } = found.account;
    assertNotBlocked(found.account.record);
    const keepFree = created ? 1 : CHECKS_AFTER_RECEIPTS;
    const settled = await receipts?.put(services, { accountId: found.account.id, keepFree, at });
    const left = settled === undefined || claims === null || settled.left.length === 0
      ? null
      : { accountId: found.account.id, userId: profile.user_id, claims, settled };
    const told = left === null || created ? settled : await settleBefore(services, store, left);
    const signedIn = await putSession(services, batch, {
      account: found.account,
      method: "one_click",
      device: request.device,
      codeHash,
      app: request.client.app,
      events: happeningsOf(settled?.changes),
      derive: repeatable ? { keyring, proof: proofOf(request) } : undefined,
    });
    await exchange.putResult(batch, { outcome: "signed_in", ...repeatableOf(keyring, signedIn) });
    return {
      outcome: "signed_in",
      signedIn,
      entitlements: told?.entitlements.flatMap((entitlement) => entitlement ?? []),
      checkDue: told?.due ?? false,
      left: created ? left : null,
    };
  });
  if (left === null || committed.outcome !== "signed_in") return committed;
  const { entitlements } = await settleAfter(services, store, left);
  return { ...committed, entitlements };
}

/** The checks after those of the receipts: of the claim, and of a session that makes room for the new one. */
const CHECKS_AFTER_RECEIPTS = 2;

/** An answer, as its commit has made it. */
type CommittedAnswer = AmazonAnswer & {
  readonly checkDue: boolean;
  /** The receipts of a new customer for which the commit had no room. */
  readonly left?: LeftReceipts | null;
};

/** What the look-up of a customer has found. */
type FoundAccount =
  | { readonly is: "account"; readonly account: IdentifiedAccount & { readonly created: boolean } }
  /** Another account, by its id, has the customer's email. Nothing is written. */
  | { readonly is: "email_of_other"; readonly id: string }
  /** A new customer has no usable email. Nothing is written. */
  | { readonly is: "unknown" };

/** Finds the account of an Amazon customer, or writes a new one. */
async function findOrPutAccount(
  { keyring, clock, config }: Pick<Services, "keyring" | "clock" | "config">,
  batch: WriteBatch,
  { profile, device: { language }, receipts }: {
    readonly profile: AmazonProfile;
    readonly device: Device;
    /** The look-up of the receipts, which goes with the reads here. */
    readonly receipts: ReceiptReading | null;
  },
): Promise<FoundAccount> {
  const email = profile.email === null ? null : parseEmail(profile.email);
  const reader = receipts?.reader ?? batch;
  const owners = await findOwners(reader, keyring, { userId: profile.user_id, email });
  for (const index of owners.proofOfAmazonUser) batch.check(index);
  if (owners.ofAmazonUser !== null) {
    receipts?.readOf(owners.ofAmazonUser);
    const account = await getIndexedAccount(reader, owners.ofAmazonUser, { userId: profile.user_id });
    batch.check(account);
    return { is: "account", account: { id: owners.ofAmazonUser, record: account.value, created: false } };
  }
  if (email === null) return { is: "unknown" };
  for (const index of owners.proofOfEmail) batch.check(index);
  if (owners.ofEmail !== null) return { is: "email_of_other", id: owners.ofEmail };
  const nudgeAfterMs = config.mail === null ? 0 : config.passwordNudgeAfterMs;
  const customer = { ...profile, email, language };
  const account = putAmazonAccount(batch, customer, { owners, at: clock.now(), nudgeAfterMs });
  return { is: "account", account: { ...account, created: true } };
}

function prefillOf({ name, postal_code }: AmazonProfile): Prefill {
  return { ...(name === null ? {} : { name }), ...(postal_code === null ? {} : { postal_code }) };
}
