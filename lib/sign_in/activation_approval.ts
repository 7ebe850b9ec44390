/**
 * The customer's decision on the phone. An approval and everything that it brings, such as a new account, is one commit.
 * The first decision stands.
 *
 * @module
 */
import { assertNotBlocked, type IdentifiedAccount } from "../accounts/accounts.ts";
import { isTicketFor } from "../accounts/link_tickets.ts";
import type { LinkedAccount } from "../accounts/linking.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import { type AccountRecord, ACTIVATION, type ActivationRecord, LINK_TICKET } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { activationIdOf, ANSWER_LIFE_MS, MOST_PASSWORDS, stateOf } from "./activation.ts";
import { linkByTicket } from "./link_ticket.ts";
import { countPassword, type Credentials, PASSWORD_DEADLINE_MS, transactWithPassword } from "./password.ts";
import { type NewAccount, transactWithNewAccount } from "./sign_up.ts";

/**
 * What has come of a decision: the TV is approved for the account of an email; another account was faster; the TV was
 * denied; the activation is over; or there is none.
 */
export type Decision =
  | { readonly is: "approved"; readonly email: string; readonly created: boolean }
  | { readonly is: "taken" | "denied" | "ended" | "unknown" };

/**
 * Approves a TV for the customer who knows the password of an account.
 *
 * @throws {Problem} `invalid_credentials`, `rate_limited` or `storage_unavailable`
 */
export async function approveByPassword(
  services: Services,
  { pageToken, ...credentials }: Credentials & { readonly pageToken: string },
): Promise<Decision> {
  using store = services.db.within(PASSWORD_DEADLINE_MS);
  const id = activationIdOf(pageToken);
  using passwordTry = await countPassword(services, store, credentials);
  const tries = await countAgainstActivation(services, store, id);
  if (typeof tries !== "number") return tries;
  try {
    return await transactWithPassword(
      services,
      store,
      { ...credentials, passwordTry },
      (batch, account) => putApproval(services, batch, { id, account: { ...account, created: false } }),
    );
  } catch (error) {
    const wrong = error instanceof Problem && error.code === "invalid_credentials";
    if (wrong && tries === MOST_PASSWORDS) await endActivation(store, id);
    throw error;
  }
}

/**
 * Approves a TV for an account that the same commit creates. The same form, sent again, finds the account that it has made.
 *
 * @throws {Problem} `registration_closed`, `weak_password`, `email_taken`, `rate_limited` or `storage_unavailable`
 */
export async function approveBySignUp(
  services: Services,
  request: NewAccount & { readonly pageToken: string },
): Promise<Decision> {
  let taken: Problem | null = null;
  try {
    const decision = await createAndApprove(services, request);
    if (decision.is !== "taken") return decision;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "email_taken") throw error;
    taken = error;
  }
  if (taken !== null && !await isApproved(services, request.pageToken)) throw taken;
  try {
    return await approveByPassword(services, request);
  } catch (error) {
    if (error instanceof Problem && error.code === "invalid_credentials") return { is: "taken" };
    throw error;
  }
}

async function createAndApprove(
  services: Services,
  { pageToken, ...request }: NewAccount & { readonly pageToken: string },
): Promise<Decision> {
  const id = activationIdOf(pageToken);
  return await transactWithNewAccount<Decision>(services, request, {
    change: async (batch, account) => {
      const approval = await putApproval(services, batch, { id, account: { ...account, created: true } });
      // Without the approval the account is not made either.
      if (approval.result.is !== "approved") return { ...approval, record: null };
      putEvents(services, batch, {
        accountId: account.id,
        events: [{ type: "account.created", method: "activation" }],
      });
      return approval;
    },
  });
}

/**
 * Denies a TV. A customer who denies twice is told the same twice.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function denyActivation(
  services: Pick<Services, "db" | "clock">,
  pageToken: string,
): Promise<Decision> {
  using store = services.db.within(STORAGE_DEADLINE_MS);
  return await store.transact((batch) => putDenial(services, batch, activationIdOf(pageToken)));
}

/**
 * Writes a denial, unless the activation is decided or over.
 *
 * @throws {Problem} `storage_unavailable`
 */
export async function putDenial(
  { clock }: Pick<Services, "clock">,
  batch: WriteBatch,
  id: string,
): Promise<Decision> {
  const { value, ...entry } = await batch.get(ACTIVATION, [id]);
  if (value === null) return { is: "unknown" };
  const state = stateOf(value, clock.now());
  if (state !== "pending") return { is: state === "approved" ? "taken" : state };
  batch.check(entry);
  batch.set(ACTIVATION, [id], { ...value, prefill: {}, decision: { is: "denied" } });
  return { is: "denied" };
}

/** An approval, and the record of its account. */
export interface Approval {
  /** The changed record, for the caller to write. The same record when nothing has changed. */
  readonly record: AccountRecord;
  /** What has come of it. */
  readonly result: Decision;
}

/**
 * Writes an approval and the link that it brings, unless the activation is decided or over.
 *
 * @param approval `account`: the account as the same batch writes it, or as it was read; the caller checks that entry
 *   in the same batch. `created`: whether the batch creates it.
 * @throws {Problem} `storage_unavailable`
 */
export async function putApproval(
  services: Pick<Services, "clock" | "config" | "keyring">,
  batch: WriteBatch,
  { id, account }: {
    readonly id: string;
    readonly account: IdentifiedAccount & { readonly created: boolean };
  },
): Promise<Approval> {
  const { value, ...entry } = await batch.get(ACTIVATION, [id]);
  const now = services.clock.now();
  const { record, created } = account;
  if (value === null) return { record, result: { is: "unknown" } };
  const { decision, ends_at, expires_at, ticket } = value;
  const approved = { is: "approved", email: record.email } as const;
  if (decision.is === "approved") {
    const same = decision.account_id === account.id;
    return { record, result: same ? { ...approved, created: decision.created } : { is: "taken" } };
  }
  assertNotBlocked(record);
  const state = stateOf(value, now);
  if (state === "denied" || state === "ended") return { record, result: { is: state } };
  const linked = ticket === undefined ? null : await putTicketLink(services, batch, ticket, account);
  // A TV that was approved in the last minute still has the time to ask.
  const until = Math.max(ends_at, now + ANSWER_LIFE_MS);
  batch.check(entry);
  batch.set(ACTIVATION, [id], {
    ...value,
    prefill: {},
    decision: {
      is: "approved",
      account_id: account.id,
      created,
      ...(linked === null ? {} : { link: linked.link }),
      epoch: record.session_epoch,
      proved_at: now,
      until,
      answer: null,
    },
    expires_at: Math.max(expires_at, until),
  });
  return { record: linked?.record ?? record, result: { ...approved, created } };
}

/**
 * Links the Amazon customer of a ticket to the account that approves. The ticket of a `link_required` is for one account,
 * and links no other one but a new one. A ticket that was not used meanwhile is removed.
 */
async function putTicketLink(
  services: Pick<Services, "clock" | "config" | "keyring">,
  batch: WriteBatch,
  { amazon_user_id, ids }: NonNullable<ActivationRecord["ticket"]>,
  account: IdentifiedAccount & { readonly created: boolean },
): Promise<LinkedAccount> {
  if (!account.created && !isTicketFor(account.id, ids)) return { record: account.record, link: "kept" };
  const { value, ...entry } = await batch.get(LINK_TICKET, ids);
  if (value !== null && value.used === undefined) {
    batch.check(entry);
    batch.delete(entry.key);
  }
  return await linkByTicket(services, batch, amazon_user_id, account);
}

/**
 * Counts the try of a password against an activation that is pending, before the password is checked: so tries at the same
 * moment cannot pass the limit together.
 *
 * @returns The number of the try; 0 for an activation that is approved, as its form may be sent again. Otherwise why no
 *   password is checked.
 */
async function countAgainstActivation(
  { clock }: Pick<Services, "clock">,
  store: Store,
  id: string,
): Promise<number | Decision> {
  return await store.transact(async (batch): Promise<number | Decision> => {
    const { value, ...entry } = await batch.get(ACTIVATION, [id]);
    if (value === null) return { is: "unknown" };
    const state = stateOf(value, clock.now());
    if (state === "approved") return 0;
    if (state !== "pending") return { is: state };
    if (value.tries >= MOST_PASSWORDS) return { is: "ended" };
    const tries = value.tries + 1;
    batch.check(entry);
    batch.set(ACTIVATION, [id], { ...value, tries });
    return tries;
  });
}

/** Ends an activation whose last password was wrong, unless a customer has decided meanwhile. */
async function endActivation(store: Store, id: string): Promise<void> {
  await store.transact(async (batch) => {
    const { value, ...entry } = await batch.get(ACTIVATION, [id]);
    if (value?.decision.is !== "pending") return;
    batch.check(entry);
    batch.set(ACTIVATION, [id], { ...value, prefill: {}, tries: MOST_PASSWORDS + 1 });
  });
}

async function isApproved({ db }: Pick<Services, "db">, pageToken: string): Promise<boolean> {
  using store = db.within(STORAGE_DEADLINE_MS);
  return (await store.get(ACTIVATION, [activationIdOf(pageToken)])).value?.decision.is === "approved";
}
