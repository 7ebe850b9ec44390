/**
 * Sign-up with email and password, for customers who gave no consent.
 *
 * @module
 */
import { Deadline } from "../base/clock.ts";
import type { Device } from "../kv/schema.ts";
import { findPasswordFault } from "../passwords/policy.ts";
import { countTry } from "../limits/tries.ts";
import { Problem } from "../base/problem.ts";
import type { Services } from "../services.ts";
import { type SignedIn, stageSession } from "../sessions/sessions.ts";
import { findOwners, newAccount, stageAccount } from "../accounts/accounts.ts";
import type { Email } from "../base/email.ts";

/** A sign-up as a device asks for it, validated. */
export interface SignUp {
  /** As it was typed, and as it is compared. */
  readonly email: Email;
  /** As the customer chose it. */
  readonly password: string;
  /** At most 256 characters. */
  readonly name: string | null;
  /** At most 32 characters. */
  readonly postalCode: string | null;
  /** As it describes itself. */
  readonly device: Device;
  /** The client's address, as limits count it. */
  readonly client: string;
}

/** Milliseconds for the whole of it, waiting for a turn to hash included. */
const DEADLINE_MS = 10_000;
const MOST_COMMITS = 20;

/**
 * Makes an account and signs its first device in, in one commit. The email is not proved by it: whoever arrives by
 * one click with the same email is asked to link, never merged.
 *
 * @throws {Problem} `registration_closed`, `weak_password`, `email_taken`, `rate_limited` or `storage_unavailable`
 */
export async function signUp(services: Services, request: SignUp): Promise<SignedIn> {
  const { db, clock, config, hasher } = services;
  const { email, password, name, postalCode, device, client } = request;
  if (config.registration === "closed") throw new Problem("registration_closed");
  const fault = await findPasswordFault(password, { email: email.display, appName: config.appName });
  if (fault !== null) throw new Problem("weak_password", { errors: [{ path: "/password", message: fault }] });
  hasher.queue.assertRoom();
  using deadline = new Deadline(clock, DEADLINE_MS);
  await countTry(services, [{ scope: "sign_up_address", name: client }], deadline);

  let signedIn: SignedIn | null = null;
  let phc: string | null = null;
  for (let tries = 1; tries <= MOST_COMMITS; tries++) {
    const owners = await findOwners(services, { userId: null, email }, { consistency: "strong", deadline });
    // The commit can have taken effect although it was told to have failed.
    if (signedIn !== null && owners.ofEmail === signedIn.account.id) return signedIn;
    if (owners.ofEmail !== null) throw new Problem("email_taken");
    phc ??= await hasher.hash(password);

    const at = clock.now();
    const account = newAccount(
      { email, name, postal_code: postalCode, amazon_user_id: null, password: { kind: "set", phc } },
      at,
    );
    const tx = db.transaction();
    for (const index of owners.indexes) tx.check(index);
    stageAccount(tx, account, owners);
    signedIn = stageSession(tx, { ...account, created: true }, { device, at, ttlMs: config.sessionTtlMs });
    if (await db.commit(tx, deadline) !== null) return signedIn;
  }
  throw new Problem("storage_unavailable", { retryAfter: 1 });
}
