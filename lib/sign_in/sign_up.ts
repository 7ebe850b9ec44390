/**
 * Sign-up with email and password, for customers who gave no consent.
 *
 * @module
 */
import { findOwners } from "../accounts/account_indexes.ts";
import { type IdentifiedAccount, newAccount, putAccount } from "../accounts/accounts.ts";
import { findNewLinkTicket } from "../accounts/link_tickets.ts";
import type { Email } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { hashSecret } from "../kv/keyring.ts";
import { type AccountRecord, type Device, SIGN_UP, type SignUpRecord } from "../kv/schema.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import { pairOf } from "../limits/scopes.ts";
import { countTry } from "../limits/tries.ts";
import { putKnown } from "../limits/try_records.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import type { Services } from "../services.ts";
import { repeatableOf, REPLAY_MS, replaySession } from "../sessions/replay.ts";
import { putSession, type SessionProof, type SignedIn, type SignInResult } from "../sessions/sessions.ts";
import { linkByTicket, proofOfTicket, putTicketSession } from "./link_ticket.ts";

/** A new account, as a validated request asks for it. */
export interface NewAccount {
  /** The email of the new account. */
  readonly email: Email;
  /** The password that the customer chose. */
  readonly password: string;
  /** At most 256 characters. */
  readonly name: string | null;
  /** At most 32 characters. */
  readonly postalCode: string | null;
  /** The language of the customer's mails as a BCP 47 tag, if it is known. */
  readonly language?: string | undefined;
  /** The client, as limits count it. */
  readonly client: string;
}

/** A sign-up, as a validated request asks for it. */
export interface SignUp extends NewAccount {
  /** The device, as it describes itself. */
  readonly device: Device;
  /** The ticket of a `profile_incomplete`; undefined when nothing is to be linked. */
  readonly linkTicket: string | undefined;
  /** 16 to 255 visible ASCII characters; null when the device sent none. */
  readonly idempotencyKey: string | null;
}

/** Milliseconds for the whole sign-up, with the wait for a turn to hash. */
const DEADLINE_MS = 10_000;

/**
 * Creates an account and signs its first device in, in one commit. The email stays unverified: a customer who comes by
 * one click with the same email is asked to link, never merged. The same request with the same `Idempotency-Key` gets the
 * same session again for 10 minutes.
 *
 * @throws {Problem} `registration_closed`, `weak_password`, `email_taken`, `link_ticket_invalid`, `rate_limited`,
 *   `storage_unavailable`, or `invalid_request` when the key came before with another body
 */
export async function signUp(services: Services, request: SignUp): Promise<SignInResult> {
  const { keyring, clock } = services;
  const { device, linkTicket, idempotencyKey } = request;
  const { language } = device;
  const keyHash = idempotencyKey === null ? undefined : hashSecret(idempotencyKey);
  // Without a key, a sign-in with the ticket gets the session again: the email is taken then.
  const ofTicket = linkTicket === undefined ? null : proofOfTicket(linkTicket);
  const proof = idempotencyKey === null ? ofTicket : proofOf(request);

  let kept: Entry<SignUpRecord> | null = null;
  const before = async (batch: WriteBatch): Promise<SignInResult | null> => {
    kept = keyHash === undefined ? null : await batch.get(SIGN_UP, [keyHash]);
    if (kept === null || kept.value === null) return null;
    const signedIn = await replaySignUp(services, batch, request, kept.value);
    return signedIn === null ? null : { signedIn, replayed: true };
  };
  const steps: NewAccountSteps<SignInResult> = {
    before,
    async change(batch, fresh) {
      if (kept !== null && kept.value !== null) {
        throw new Problem("invalid_request", { errors: [OTHER_BODY] });
      }
      const ticket = linkTicket === undefined ? null : await findNewLinkTicket(batch, linkTicket);
      if (linkTicket !== undefined && ticket === null) {
        // The same request may have used the ticket between the two reads.
        const late = await before(batch);
        if (late !== null) return { record: null, result: late };
        throw new Problem("link_ticket_invalid");
      }
      const linked = ticket === null
        ? null
        : await linkByTicket(services, batch, ticket.value.amazon_user_id, { ...fresh, created: true });
      const record = linked?.record ?? fresh.record;
      putKnown(services, batch, pairOf(request.email, request.client));
      const session = await putSession(services, batch, {
        account: { id: fresh.id, record, created: true },
        method: "sign_up",
        device,
        signUpHash: keyHash,
        derive: proof === null ? undefined : { keyring, proof },
      });
      const signedIn = ticket === null || linked === null
        ? session
        : putTicketSession(batch, services, ticket, { signedIn: session, link: linked.link });
      if (kept !== null && keyHash !== undefined) {
        batch.check(kept);
        batch.set(SIGN_UP, [keyHash], {
          v: 1,
          ...repeatableOf(keyring, signedIn),
          ...(linked === null ? {} : { link: linked.link }),
          expires_at: clock.now() + REPLAY_MS,
        });
      }
      return { record, result: { signedIn, replayed: false } };
    },
  };
  return await services.telemetry.span(
    "commit",
    () => transactWithNewAccount(services, { ...request, language }, steps),
  );
}

const OTHER_BODY = { path: "idempotency-key", message: "Came before, with another body" };

/** @returns Null when the body is another one, or the session is over. */
async function replaySignUp(
  services: Services,
  reader: Reader,
  request: SignUp,
  kept: SignUpRecord,
): Promise<SignedIn | null> {
  const signedIn = await replaySession(services, reader, { kept, proof: proofOf(request) });
  return signedIn === null || kept.link === undefined ? signedIn : { ...signedIn, link: kept.link };
}

/** What a device has to know to get the session of its sign-up again: the key, and the whole body. */
function proofOf(
  { email, password, name, postalCode, device, linkTicket, idempotencyKey }: SignUp,
): SessionProof {
  const rest = JSON.stringify([name, postalCode, Object.entries(device).sort(), linkTicket ?? null]);
  return { purpose: "sign_up", texts: [idempotencyKey ?? "", email.display, password, rest] };
}

/** The steps of a transaction that creates an account. */
export interface NewAccountSteps<T> {
  /**
   * Looks for the result of an earlier request, beside the look-up of the email. For such a result nothing is counted,
   * hashed or written. Null: there is none.
   */
  before?(batch: WriteBatch): Promise<T | null>;
  /**
   * Writes what goes with the account. Returns the record of the account as it is to be stored, or null to store none; and
   * the result of the transaction.
   */
  change(
    batch: WriteBatch,
    account: IdentifiedAccount,
  ): Promise<{ readonly record: AccountRecord | null; readonly result: T }>;
}

/**
 * Runs a transaction that creates an account.
 *
 * @throws {Problem} `registration_closed`, `weak_password`, `email_taken`, `rate_limited`, `storage_unavailable`, or
 *   what the steps throw
 */
export async function transactWithNewAccount<T>(
  services: Services,
  { email, password, name, postalCode, language, client }: NewAccount,
  steps: NewAccountSteps<T>,
): Promise<T> {
  const { db, clock, config, hasher, keyring } = services;
  if (config.registration === "closed") throw new Problem("registration_closed");
  const fault = await findPasswordFault(password, { email: email.display, appName: config.appName });
  if (fault !== null) throw new Problem("weak_password", { errors: [{ path: "/password", message: fault }] });
  using place = hasher.queue.keepPlace();
  using store = db.within(DEADLINE_MS);

  let counted = false;
  let phc: string | null = null;
  return await store.transact(async (batch) => {
    const [owners, earlier] = await Promise.all([
      findOwners(batch, keyring, { email }),
      steps.before?.(batch) ?? null,
    ]);
    if (earlier !== null) return earlier;
    // Counted before the answer tells anything about the email.
    if (!counted) await countTry(services, store, [{ scope: "sign_up_address", name: client }]);
    counted = true;
    if (owners.ofEmail !== null) {
      // The same request may have made the account between the two reads.
      const late = await steps.before?.(batch) ?? null;
      if (late !== null) return late;
      throw new Problem("email_taken");
    }
    for (const index of owners.proofOfEmail) batch.check(index);
    phc ??= await hasher.hash(password, place);
    const at = clock.now();
    const account = newAccount(
      {
        email,
        name,
        postal_code: postalCode,
        amazon_user_id: null,
        password: { kind: "set", phc },
        language,
      },
      at,
    );
    const { record, result } = await steps.change(batch, account);
    if (record !== null) putAccount(batch, { id: account.id, record }, owners);
    return result;
  });
}
