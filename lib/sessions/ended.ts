/**
 * What a request has ended: a session, an account, or a link. The record lets the same request, sent again, be told the
 * same. It names nobody: its key is a hash over random ids or secrets, so it may outlive the account for its 10
 * minutes.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { hashSecret } from "../kv/keyring.ts";
import { ENDED, type EndedBy } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Reader, WriteBatch } from "../kv/write_batch.ts";
import type { Authenticated } from "./authentication.ts";
import { REPLAY_MS } from "./replay.ts";
import { parseSessionToken } from "./sessions.ts";

/** What was ended. */
export type Ended =
  /** A session, by its ids. */
  | { readonly accountId: string; readonly sessionId: string }
  /** A session, by its ids and SHA-256 of the secret of its token. So only its token finds it. */
  | { readonly accountId: string; readonly sessionId: string; readonly secretHash: string }
  /** The token of a mailed link. */
  | { readonly link: string };

/** Writes what a request ends, and by which kind of request. */
export function putEnded(
  { clock }: { readonly clock: Pick<Clock, "now"> },
  batch: WriteBatch,
  ended: Ended,
  by: EndedBy,
): void {
  batch.set(ENDED, [idOf(ended)], { v: 1, by, expires_at: clock.now() + REPLAY_MS });
}

/**
 * Tells by which kind of request something was ended within the last 10 minutes.
 *
 * @returns Null when it was not, or longer ago.
 * @throws {Problem} `storage_unavailable`
 */
export async function findEnded(reader: Reader, ended: Ended): Promise<EndedBy | null> {
  return (await reader.get(ENDED, [idOf(ended)])).value?.by ?? null;
}

/**
 * Does work that ends the session in whose name it is done. When another request has ended the session in the same way
 * meanwhile, nothing is left to do, and the work counts as done.
 *
 * @param asksForIt Returns whether a request of that kind has ended the session in the way that this request asks for.
 * @throws {Problem} what `work` throws
 */
export async function endSession(
  store: Store,
  { accountId, sessionId, session: { value: { secret_hash: secretHash } } }: Authenticated,
  asksForIt: (by: EndedBy) => boolean,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "invalid_session") throw error;
    const by = await findEnded(store, { accountId, sessionId, secretHash });
    if (by === null || !asksForIt(by)) throw error;
  }
}

/**
 * Reads which session a token names, so that its end can be looked up. Returns null when the token has another form.
 */
export function endedOfToken(token: string): Extract<Ended, { readonly secretHash: string }> | null {
  const parsed = parseSessionToken(token);
  if (parsed === null) return null;
  const { accountId, sessionId, secret } = parsed;
  return { accountId, sessionId, secretHash: hashSecret(secret) };
}

function idOf(ended: Ended): string {
  if ("link" in ended) return hashSecret(JSON.stringify(["link", ended.link]));
  const secretHash = "secretHash" in ended ? [ended.secretHash] : [];
  return hashSecret(JSON.stringify(["session", ended.accountId, ended.sessionId, ...secretHash]));
}
