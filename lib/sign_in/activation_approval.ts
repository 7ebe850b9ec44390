/**
 * The customer's decision on the phone. An approval and everything that it brings, such as a new account, is one commit.
 * The first decision stands.
 *
 * @module
 */
import { assertNotBlocked, type IdentifiedAccount } from "../accounts/accounts.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import { STORAGE_DEADLINE_MS, type Store } from "../kv/database.ts";
import { ACTIVATION } from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import type { Services } from "../services.ts";
import { activationIdOf, ANSWER_LIFE_MS, MOST_PASSWORDS, stateOf } from "./activation.ts";
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
  const counted = await countPassword(services, store, credentials);
  const tries = await countAgainstActivation(services, store, id);
  if (typeof tries !== "number") return tries;
  try {
    return await transactWithPassword(
      services,
      store,
      { ...credentials, counted },
      async (batch, account) => {
        const result = await putApproval(services, batch, { id, account: { ...account, created: false } });
        return { record: account.record, result };
      },
    );
  } catch (error) {
    const wrong = error instanceof Problem && error.code === "invalid_credentials";
    if (wrong && tries === MOST_PASSWORDS) await endActivation(store, id);
    throw error;
  }
}

/**
 * Approves a TV for an account that the same commit creates.
 *
 * @throws {Problem} `registration_closed`, `weak_password`, `email_taken`, `rate_limited` or `storage_unavailable`
 */
export async function approveBySignUp(
  services: Services,
  { pageToken, ...request }: NewAccount & { readonly pageToken: string },
): Promise<Decision> {
  const id = activationIdOf(pageToken);
  try {
    return await transactWithNewAccount<Decision>(services, request, {
      change: async (batch, account) => {
        const result = await putApproval(services, batch, { id, account: { ...account, created: true } });
        // Without the approval the account is not made either.
        if (result.is !== "approved") return { record: null, result };
        putEvents(services, batch, {
          accountId: account.id,
          events: [{ type: "account.created", method: "activation" }],
        });
        return { record: account.record, result };
      },
    });
  } catch (error) {
    const taken = error instanceof Problem && error.code === "email_taken";
    if (!taken || !await isApproved(services, id)) throw error;
    // The same form was sent before, and has made this account.
    return await approveByPassword(services, { pageToken, ...request });
  }
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

/**
 * Writes an approval, unless the activation is decided or over.
 *
 * @param approval `account`: the account as the same batch writes it, or as it is stored. `created`: whether the batch
 *   creates it.
 * @throws {Problem} `storage_unavailable`
 */
export async function putApproval(
  { clock }: Pick<Services, "clock">,
  batch: WriteBatch,
  { id, account }: {
    readonly id: string;
    readonly account: IdentifiedAccount & { readonly created: boolean };
  },
): Promise<Decision> {
  const { value, ...entry } = await batch.get(ACTIVATION, [id]);
  if (value === null) return { is: "unknown" };
  const { decision, ends_at, expires_at } = value;
  const approved = { is: "approved", email: account.record.email } as const;
  if (decision.is === "approved") {
    return decision.account_id === account.id ? { ...approved, created: decision.created } : { is: "taken" };
  }
  assertNotBlocked(account.record);
  if (decision.is === "denied") return { is: "denied" };
  const now = clock.now();
  if (ends_at <= now) return { is: "ended" };
  // A TV that was approved in the last minute still has the time to ask.
  const until = Math.max(ends_at, now + ANSWER_LIFE_MS);
  batch.check(entry);
  batch.set(ACTIVATION, [id], {
    ...value,
    prefill: {},
    decision: {
      is: "approved",
      account_id: account.id,
      created: account.created,
      epoch: account.record.session_epoch,
      until,
      answer: null,
    },
    expires_at: Math.max(expires_at, until),
  });
  return { ...approved, created: account.created };
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

async function isApproved({ db }: Pick<Services, "db">, id: string): Promise<boolean> {
  using store = db.within(STORAGE_DEADLINE_MS);
  return (await store.get(ACTIVATION, [id])).value?.decision.is === "approved";
}
