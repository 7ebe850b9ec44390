/**
 * The proof of the password before a call that takes something away for good (OWASP ASVS 5.0, 7.5.1 and 7.5.3): a stranger
 * who finds a TV signed in does not know the password.
 *
 * @module
 */
import { Problem, type ProblemCode } from "../base/problem.ts";
import { type AccountRecord, SESSION } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { WriteBatch } from "../kv/write_batch.ts";
import { type CountedTry, countTry } from "../limits/tries.ts";
import type { Services } from "../services.ts";
import { type Authenticated, readSession, transactAs } from "../sessions/authentication.ts";

/** Milliseconds for a call that can check a password, with the wait for a turn to hash. */
export const CONFIRMATION_DEADLINE_MS = 10_000;
/** Milliseconds for which a session needs no further proof. */
const PROOF_LIFE_MS = 15 * 60_000;

/** The services that {@linkcode transactConfirmed} uses. */
export type ConfirmationServices = Pick<
  Services,
  "db" | "clock" | "config" | "keyring" | "hasher" | "triesUnderWay"
>;

/** A session that asks, and the proof that its request has. */
export interface Confirmation {
  /** The session. */
  readonly authenticated: Authenticated;
  /** The present password, 1 to 256 characters; undefined when the request has none. */
  readonly password: string | undefined;
  /** Tells whether there is nothing to be taken away, so that no proof is needed. There always is by default. */
  readonly isNeedless?: (account: AccountRecord) => boolean;
  /** The answer to a password that is sent while the account's is temporary; `invalid_credentials` by default. */
  readonly whileTemporary?: ProblemCode;
}

/**
 * Runs a transaction in the name of a session, as {@linkcode transactAs} does, once the customer has given the password
 * of the account: with this request, or in this session within the last 15 minutes. An account whose password is
 * temporary needs no proof. A password that is sent is checked in any case, and counts as a try to change it.
 *
 * @param change Writes the change to `batch`.
 * @returns What `change` returns.
 * @throws {Problem} `invalid_credentials`, `invalid_session`, `rate_limited`, `overloaded`, `storage_unavailable`, or what
 *   `change` throws
 */
export async function transactConfirmed<T>(
  services: ConfirmationServices,
  store: Store,
  { authenticated, password, isNeedless = () => false, whileTemporary = "invalid_credentials" }: Confirmation,
  change: (batch: WriteBatch, current: Authenticated) => T | Promise<T>,
): Promise<T> {
  if (password === undefined) {
    return await transactAs(store, authenticated, (batch, current) => {
      const proved = hasProof(current, services.clock.now()) || isNeedless(current.account.value);
      if (!proved) throw new Problem("invalid_credentials");
      return change(batch, current);
    });
  }
  // The check of the token may have read a replica that is behind, and no password is refused by old data.
  const found = await readSession(store, authenticated);
  if (found === null) throw new Problem("invalid_session");
  const { accountId, account: { value: { password: stored } } } = found;
  if (stored.kind === "temporary") throw new Problem(whileTemporary);
  const counted = await checkPassword(services, store, { accountId, password, phc: stored.phc });
  return await transactAs(store, found, async (batch, current) => {
    // The password was checked against the hash that was read first, not against a newer one.
    const { password: latest } = current.account.value;
    if (latest.kind !== "set" || latest.phc !== stored.phc) throw new Problem("invalid_credentials");
    await counted.takeBack(batch);
    return await change(batch, current);
  });
}

/** Tells whether a session needs no password: the account has none yet, or the customer has given it a moment ago. */
function hasProof({ account, session }: Authenticated, now: number): boolean {
  const { proved_at } = session.value;
  if (account.value.password.kind === "temporary") return true;
  return proved_at !== undefined && now - proved_at < PROOF_LIFE_MS;
}

/**
 * Checks the present password of an account. It counts as a try to change the password: both let somebody guess it who has
 * the device.
 *
 * @returns The counted try, to be taken back in the commit of what the password allows.
 * @throws {Problem} `invalid_credentials`, `rate_limited`, `overloaded` or `storage_unavailable`
 */
export async function checkPassword(
  services: ConfirmationServices,
  store: Store,
  { accountId, password, phc }: {
    readonly accountId: string;
    readonly password: string;
    /** The stored hash. */
    readonly phc: string;
  },
): Promise<CountedTry> {
  const { hasher } = services;
  using place = hasher.queue.keepPlace();
  const counted = await countTry(services, store, [{ scope: "change_password", name: accountId }]);
  if (!await hasher.verify(password, phc, place)) throw new Problem("invalid_credentials");
  return counted;
}

/** Writes that the customer has given the password in a session. The caller checks the session in the same batch. */
export function putProof(services: Pick<Services, "clock">, batch: WriteBatch, proved: Authenticated): void {
  const { accountId, sessionId, session } = withProof(services, proved);
  batch.set(SESSION, [accountId, sessionId], session.value);
}

/** Returns a session in which the customer has given the password now. */
export function withProof({ clock }: Pick<Services, "clock">, proved: Authenticated): Authenticated {
  const { session } = proved;
  return { ...proved, session: { ...session, value: { ...session.value, proved_at: clock.now() } } };
}
