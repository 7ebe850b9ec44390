/**
 * The same answer again: a device whose answer was lost sends its request once more, and gets the session that it has.
 *
 * Nothing of the answer is stored. The secret of such a session is derived from a data key and from what only the device
 * knows, so it can be derived again. A small record names the account and the session; the rest of the answer is made
 * from the records as they are now.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { hashSecret, type Keyring } from "../kv/keyring.ts";
import type { RepeatableSignIn } from "../kv/schema.ts";
import { MissingKeyProblem } from "../kv/storage_failure.ts";
import type { Reader } from "../kv/write_batch.ts";
import { readSession } from "./authentication.ts";
import { deriveSessionSecret, describeSignIn, type SessionProof, type SignedIn } from "./sessions.ts";

/** Milliseconds for which the same request gets the same session. */
export const REPLAY_MS = 10 * 60_000;

/** The services that {@linkcode replaySession} uses. */
export interface ReplayServices {
  /** Derives the secret again. */
  readonly keyring: Keyring;
  /** Decides how long the session still lives. */
  readonly clock: Clock;
}

/** Returns what to keep of a new sign-in, whose secret `putSession` has derived. It does not give the token away. */
export function repeatableOf(
  { firstId }: Pick<Keyring, "firstId">,
  { account, session }: SignedIn,
): RepeatableSignIn {
  return { account_id: account.id, session_id: session.id, created: account.created, key_id: firstId };
}

/**
 * Makes the answer of a sign-in again: the same token, ids and `created`, with the account as it is now.
 *
 * @param proof What the request knows. The session's secret was derived from the same.
 * @returns Null when the session is over or the account gone, and when the request does not know what the first one knew.
 * @throws {MissingKeyProblem} when the ring does not have the data key
 * @throws {Problem} `storage_unavailable`
 */
export async function replaySession(
  { keyring, clock }: ReplayServices,
  reader: Reader,
  { kept, proof }: { readonly kept: RepeatableSignIn; readonly proof: SessionProof },
): Promise<SignedIn | null> {
  const { account_id: accountId, session_id: sessionId, created, key_id: keyId } = kept;
  const found = await readSession(reader, { accountId, sessionId });
  if (found === null) return null;
  const secret = deriveSessionSecret(keyring, { keyId, sessionId, proof });
  // Another instance may have the key, so the record stays as it is.
  if (secret === null) throw new MissingKeyProblem(keyId);
  const session = found.session.value;
  if (hashSecret(secret) !== session.secret_hash) return null;
  const account = { id: accountId, record: found.account.value, created };
  return describeSignIn(account, { sessionId, session, secret, at: clock.now() });
}
