/**
 * Sign-in by email and password. With a link ticket, the same commit links an Amazon customer.
 *
 * @module
 */
import { findOwners, type IdentifiedAccount, withPassword } from "../accounts/accounts.ts";
import { putLink } from "../accounts/linking.ts";
import type { Email } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import { putEvents } from "../events/events.ts";
import type { Store } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, type Device } from "../kv/schema.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import { type CountedTry, countTry } from "../limits/tries.ts";
import type { PasswordHasher } from "../passwords/hashing.ts";
import type { Services } from "../services.ts";
import { putSession, type SignedIn } from "../sessions/sessions.ts";

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
  /** The ticket of a `link_required`; undefined when nothing is to be linked. */
  readonly linkTicket: string | undefined;
}

/** Milliseconds for a whole sign-in by password, with the wait for a turn to hash. */
export const PASSWORD_DEADLINE_MS = 10_000;
/** An account id that does not exist. It is read for an unknown email, so that the answer takes as long. */
const NOBODY = "acc_none";

/**
 * Signs in. An unknown email, a wrong password and an account without a password of its own cost the same trips to the
 * database and the same hashing, and get the same answer.
 *
 * @throws {Problem} `invalid_credentials`, `link_ticket_invalid`, `already_linked`, `rate_limited` or
 *   `storage_unavailable`
 */
export async function signInWithPassword(services: Services, request: PasswordSignIn): Promise<SignedIn> {
  const { db, keyring } = services;
  const { device, linkTicket: ticket } = request;
  using store = db.within(PASSWORD_DEADLINE_MS);
  const counted = await countPassword(services, store, request);
  return await transactWithPassword(
    services,
    store,
    { ...request, counted },
    async (batch, { id, record }) => {
      let linked = record;
      if (ticket !== undefined) {
        linked = await putLink(batch, keyring, { ticket, account: { id, record } });
        putEvents(services, batch, { accountId: id, events: [{ type: "account.linked" }] });
      }
      const account = { id, record: linked, created: false };
      return { record: linked, result: putSession(services, batch, { account, method: "password", device }) };
    },
  );
}

/**
 * Counts the try of a password, before the password is checked.
 *
 * @throws {Problem} `rate_limited` or `storage_unavailable`
 */
export async function countPassword(
  services: Services,
  store: Store,
  { email, client }: Credentials,
): Promise<CountedTry> {
  services.hasher.queue.assertRoom();
  return await countTry(services, store, [
    { scope: "sign_in_account", name: email.canonical },
    { scope: "sign_in_address", name: client },
  ]);
}

/**
 * Runs a transaction for the customer who knows the password of an account. Its commit takes effect only while the account
 * is as it was read. It takes the counted try back, and renews a hash that is outdated.
 *
 * @param change Returns the record of the account as it is to be stored, and the result of the transaction.
 * @throws {Problem} `invalid_credentials`, `rate_limited`, `storage_unavailable`, or what `change` throws
 */
export async function transactWithPassword<T>(
  services: Services,
  store: Store,
  { email, password, counted }: Credentials & { readonly counted: CountedTry },
  change: (
    batch: WriteBatch,
    account: IdentifiedAccount,
  ) => Promise<{ readonly record: AccountRecord; readonly result: T }>,
): Promise<T> {
  const { hasher } = services;
  let checked: CheckedPassword | null = null;
  return await store.transact(async (batch) => {
    const { id, account } = await findAccount(services, batch, email);
    const phc = account.value?.password.kind === "set" ? account.value.password.phc : null;
    // A password that was changed since the last run has to be checked again.
    if (checked === null || checked.phc !== phc) checked = await checkPassword(hasher, password, phc);
    if (account.value === null) throw new Problem("invalid_credentials");

    batch.check(account);
    const read = checked.phcToStore === phc ? account.value : withPassword(account.value, checked.phcToStore);
    const { record, result } = await change(batch, { id, record: read });
    if (record !== account.value) batch.set(ACCOUNT, [id], record);
    await counted.takeBack(batch);
    return result;
  });
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
  password: string,
  phc: string | null,
): Promise<CheckedPassword> {
  const matches = await hasher.verify(password, phc);
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
  return { id, account: await reader.get(ACCOUNT, [id]) };
}
