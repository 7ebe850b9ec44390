/**
 * Sign-up with email and password, for customers who gave no consent.
 *
 * @module
 */
import { findOwners, newAccount, putAccount } from "../accounts/accounts.ts";
import type { Email } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import type { Device } from "../kv/schema.ts";
import { countTry } from "../limits/tries.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import type { Services } from "../services.ts";
import { putSession, type SignedIn } from "../sessions/sessions.ts";

/** A sign-up, as a validated request asks for it. */
export interface SignUp {
  /** The email of the new account. */
  readonly email: Email;
  /** The password that the customer chose. */
  readonly password: string;
  /** At most 256 characters. */
  readonly name: string | null;
  /** At most 32 characters. */
  readonly postalCode: string | null;
  /** The device, as it describes itself. */
  readonly device: Device;
  /** The client, as limits count it. */
  readonly client: string;
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
  const { db, clock, config, hasher, keyring } = services;
  const { email, password, name, postalCode, device, client } = request;
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
        language: device.language,
      },
      at,
    );
    putAccount(batch, account, owners);
    return putSession(services, batch, { account: { ...account, created: true }, method: "sign_up", device });
  });
}
