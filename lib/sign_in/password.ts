/**
 * Sign-in by email and password. With a link ticket, the same commit links an Amazon customer.
 *
 * @module
 */
import { assertBears, findOwners } from "../accounts/account_indexes.ts";
import { withPassword } from "../accounts/account_password.ts";
import type { IdentifiedAccount } from "../accounts/accounts.ts";
import { findLinkTicketFor } from "../accounts/link_tickets.ts";
import type { Email } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { ACCOUNT, type AccountRecord, type Device } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import { pairOf } from "../limits/scopes.ts";
import { type CountedTry, countTry } from "../limits/tries.ts";
import type { Place } from "../passwords/hash_queue.ts";
import type { PasswordHasher } from "../passwords/hashing.ts";
import type { Services } from "../services.ts";
import { putSession, type SignInResult } from "../sessions/sessions.ts";
import { linkByTicket, proofOfTicket, putTicketSession, replayTicket } from "./link_ticket.ts";

/** What a customer types to show who they are. */
export interface Credentials {
  /** The email of the account. */
  readonly email: Email;
  /** 1 to 256 characters. */
  readonly password: string;
  /** The client, as limits count it. */
  readonly client: string;
}

/** A sign-in by password, as a validated request asks for it. */
export interface PasswordSignIn extends Credentials {
  /** The device, as it describes itself. */
  readonly device: Device;
  /** The ticket of a `link_required` or a `profile_incomplete`; undefined when nothing is to be linked. */
  readonly linkTicket: string | undefined;
}

/** Milliseconds for a whole sign-in by password, with the wait for a turn to hash. */
export const PASSWORD_DEADLINE_MS = 10_000;
/** An account id that does not exist. It is read for an unknown email, so that the answer takes as long. */
const NOBODY = "acc_none";

/**
 * Signs in. An unknown email, a wrong password and an account without a password of its own cost the same trips to the
 * database and the same hashing, and get the same answer. With a ticket that was used, the right password gets the session
 * of that use again for 10 minutes.
 *
 * @throws {Problem} `invalid_credentials`, `link_ticket_invalid`, `rate_limited` or `storage_unavailable`
 */
export async function signInWithPassword(services: Services, request: PasswordSignIn): Promise<SignInResult> {
  const { telemetry } = services;
  using store = services.db.within(PASSWORD_DEADLINE_MS);
  using passwordTry = await telemetry.span("count", () => countPassword(services, store, request));
  const signIn = async (batch: WriteBatch, account: IdentifiedAccount) => {
    const { device, linkTicket } = request;
    if (linkTicket !== undefined) {
      return await signInWithTicket(services, batch, { account, device, linkTicket });
    }
    const session = { account: { ...account, created: false }, method: "password", device } as const;
    const signedIn = await putSession(services, batch, session);
    return { record: account.record, result: { signedIn, replayed: false } };
  };
  return await telemetry.span(
    "commit",
    () =>
      transactWithPassword(
        services,
        store,
        { ...request, language: request.device.language, passwordTry },
        signIn,
      ),
  );
}

/** Signs in and links the Amazon customer of a ticket, or makes the answer of a used ticket again. */
async function signInWithTicket(
  services: Services,
  batch: WriteBatch,
  { account: { id, record }, device, linkTicket }: {
    readonly account: IdentifiedAccount;
    readonly device: Device;
    readonly linkTicket: string;
  },
): Promise<{ readonly record: AccountRecord; readonly result: SignInResult }> {
  const ticket = await findLinkTicketFor(batch, id, linkTicket);
  if (ticket === null) throw new Problem("link_ticket_invalid");
  const { used } = ticket.value;
  if (used !== undefined) {
    const signedIn = await replayTicket(services, batch, { accountId: id, ticket: linkTicket, used });
    return { record, result: { signedIn, replayed: true } };
  }
  const linked = await linkByTicket(services, batch, ticket.value.amazon_user_id, { id, record });
  const signedIn = await putSession(services, batch, {
    account: { id, record: linked.record, created: false },
    method: "password",
    device,
    derive: { keyring: services.keyring, proof: proofOfTicket(linkTicket) },
  });
  const told = putTicketSession(batch, services, ticket, { signedIn, link: linked.link });
  return { record: linked.record, result: { signedIn: told, replayed: false } };
}

/** The try of a password that was counted, with a place in the queue of hashes. */
export interface PasswordTry extends Disposable {
  /** The counts. */
  readonly counted: CountedTry;
  /** The place. */
  readonly place: Place;
}

/**
 * Counts the try of a password, before the password is checked. Nothing is counted when the password could not be checked.
 * Dispose of it with `using`.
 *
 * @throws {Problem} `rate_limited`, `overloaded` or `storage_unavailable`
 */
export async function countPassword(
  services: Services,
  store: Store,
  { email, client }: Credentials,
): Promise<PasswordTry> {
  const place = services.hasher.queue.keepPlace();
  try {
    const counted = await countTry(services, store, [
      { scope: "sign_in_pair", name: pairOf(email, client) },
      { scope: "sign_in_account", name: email.canonical },
      { scope: "sign_in_address", name: client },
    ]);
    return {
      counted,
      place,
      [Symbol.dispose]() {
        place[Symbol.dispose]();
        counted[Symbol.dispose]();
      },
    };
  } catch (error) {
    place[Symbol.dispose]();
    throw error;
  }
}

/**
 * Runs a transaction for the customer who knows the password of an account. Its commit takes effect only while the account
 * is as it was read. It takes the counted try back, and renews a hash that is outdated.
 *
 * @param sent `language`: the language of the device, which becomes that of the account.
 * @param change Returns the record of the account as it is to be stored, and the result of the transaction.
 * @throws {Problem} `invalid_credentials`, `rate_limited`, `storage_unavailable`, or what `change` throws
 */
export async function transactWithPassword<T>(
  services: Services,
  store: Store,
  { email, password, language, passwordTry: { counted, place } }: Credentials & {
    readonly language?: string | undefined;
    readonly passwordTry: PasswordTry;
  },
  change: (
    batch: WriteBatch,
    account: IdentifiedAccount,
  ) => Promise<{ readonly record: AccountRecord; readonly result: T }>,
): Promise<T> {
  const { hasher } = services;
  let checked: CheckedPassword | null = null;
  const run = async (batch: WriteBatch) => {
    const { id, account } = await findAccount(services, batch, email);
    const phc = account.value?.password.kind === "set" ? account.value.password.phc : null;
    // A password that was changed since the last run has to be checked again.
    if (checked === null || checked.phc !== phc) {
      checked = await checkPassword(hasher, { password, phc, place });
    }
    if (account.value === null) throw new Problem("invalid_credentials");

    batch.check(account);
    let read = account.value;
    if (checked.phcToStore !== phc) read = withPassword(read, checked.phcToStore);
    if (language !== undefined && language !== read.language) read = { ...read, language };
    const { record, result } = await change(batch, { id, record: read });
    if (record !== account.value) batch.set(ACCOUNT, [id], record);
    await counted.takeBack(batch);
    return result;
  };
  try {
    return await store.transact(run);
  } catch (error) {
    if (error instanceof Problem && error.code === "invalid_credentials") await counted.fail(store);
    throw error;
  }
}

/** A stored hash that the password was checked against. */
interface CheckedPassword {
  readonly phc: string;
  /** The hash to store: the same one, or a new one when the stored one is outdated. */
  readonly phcToStore: string;
}

/** @throws {Problem} `invalid_credentials` when the password is wrong or there is no hash; `rate_limited` */
async function checkPassword(
  hasher: PasswordHasher,
  { password, phc, place }: {
    readonly password: string;
    readonly phc: string | null;
    readonly place: Place;
  },
): Promise<CheckedPassword> {
  const matches = await hasher.verify(password, phc, place);
  if (!matches || phc === null) throw new Problem("invalid_credentials");
  if (!hasher.needsRehash(phc)) return { phc, phcToStore: phc };
  // When the hash queue is full, the next sign-in renews the hash.
  return { phc, phcToStore: await hasher.hash(password).catch(() => phc) };
}

/** Finds the account of an email by two reads, whether or not it exists. */
async function findAccount(
  { keyring }: Pick<Services, "keyring">,
  reader: Reader,
  email: Email,
): Promise<{ readonly id: string; readonly account: Entry<AccountRecord> }> {
  const id = (await findOwners(reader, keyring, { email })).ofEmail ?? NOBODY;
  const account = await reader.get(ACCOUNT, [id]);
  if (account.value !== null) assertBears(id, account.value, { email });
  return { id, account };
}
