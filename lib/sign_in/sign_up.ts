/**
 * Sign-up with email and password, for customers who gave no consent.
 *
 * @module
 */
import { findOwners, type IdentifiedAccount, newAccount, putAccount } from "../accounts/accounts.ts";
import type { Email } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import type { AccountRecord, Device } from "../kv/schema.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import { countTry } from "../limits/tries.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import type { Services } from "../services.ts";
import { putSession, type SignedIn } from "../sessions/sessions.ts";

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
}

/** Milliseconds for the whole sign-up, with the wait for a turn to hash. */
const DEADLINE_MS = 10_000;

/**
 * Creates an account and signs its first device in, in one commit. The email stays unverified: a customer who comes by
 * one click with the same email is asked to link, never merged.
 *
 * @throws {Problem} `registration_closed`, `weak_password`, `email_taken`, `rate_limited` or `storage_unavailable`
 */
export async function signUp(services: Services, request: SignUp): Promise<SignedIn> {
  const { language } = request.device;
  return await transactWithNewAccount(services, { ...request, language }, (batch, account) => {
    const session = {
      account: { ...account, created: true },
      method: "sign_up",
      device: request.device,
    } as const;
    return Promise.resolve({ record: account.record, result: putSession(services, batch, session) });
  });
}

/**
 * Runs a transaction that creates an account.
 *
 * @param change Returns the record of the account as it is to be stored, or null to store none; and the result of the
 *   transaction.
 * @throws {Problem} as {@linkcode signUp}, or what `change` throws
 */
export async function transactWithNewAccount<T>(
  services: Services,
  { email, password, name, postalCode, language, client }: NewAccount,
  change: (
    batch: WriteBatch,
    account: IdentifiedAccount,
  ) => Promise<{ readonly record: AccountRecord | null; readonly result: T }>,
): Promise<T> {
  const { db, clock, config, hasher, keyring } = services;
  if (config.registration === "closed") throw new Problem("registration_closed");
  const fault = await findPasswordFault(password, { email: email.display, appName: config.appName });
  if (fault !== null) throw new Problem("weak_password", { errors: [{ path: "/password", message: fault }] });
  hasher.queue.assertRoom();
  using store = db.within(DEADLINE_MS);
  await countTry(services, store, [{ scope: "sign_up_address", name: client }]);

  let phc: string | null = null;
  return await store.transact(async (batch) => {
    const owners = await findOwners(batch, keyring, { email });
    if (owners.ofEmail !== null) throw new Problem("email_taken");
    for (const index of owners.indexes) batch.check(index);
    phc ??= await hasher.hash(password);
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
    const { record, result } = await change(batch, account);
    if (record !== null) putAccount(batch, { id: account.id, record }, owners);
    return result;
  });
}
