/**
 * Tries, counted in the database so that every instance knows them: passwords, sign-ups and requested mails, each per
 * account, per client address, or both.
 *
 * A window begins with its first try and accepts a number of tries; then the client waits for the end of the window. The
 * first window lasts 15 minutes. Each full number of earlier tries that still count doubles it, up to 4 hours. A success
 * removes the tries of its account, and a quiet day removes all.
 *
 * The try of a password is counted before the password is hashed, and taken back when it succeeds. So tries at the same
 * moment cannot pass the limit together. One-click sign-in and the check of a session token count nothing here.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import type { Store } from "../kv/database.ts";
import type { Keyring } from "../kv/keyring.ts";
import { TRIES, type TriesRecord } from "../kv/schema.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";

/**
 * The scopes, each counted by itself. `untilSuccess`: earlier windows count until a success; otherwise only when they were
 * used up. `limit`: the tries of one window; null: as many as the operator configured.
 * @internal
 */
export const SCOPES = {
  /** Sign-ins to the account of an email, whether or not the account exists. Named by the canonical email. */
  sign_in_account: { untilSuccess: true, limit: null },
  /** Sign-ins from a client address. Many people can share one, so the passwords that they mistype do not add up. */
  sign_in_address: { untilSuccess: false, limit: null },
  /** Sign-ups from a client address, successful or not. */
  sign_up_address: { untilSuccess: false, limit: null },
  /** Password changes by a signed-in customer. Named by the account id, so no stranger can use these tries up. */
  change_password: { untilSuccess: true, limit: null },
  /** Forms that are sent again with a link that was used. Named by the account id. */
  used_link: { untilSuccess: true, limit: 10 },
  /** Requested mails with a password link, whether or not the account exists. Named by the canonical email. */
  password_reset: { untilSuccess: true, limit: 3 },
  /** Requested mails with a deletion link. Counted apart, so that they keep nobody from a password link. */
  account_deletion: { untilSuccess: true, limit: 3 },
  /** Requested mails with a link that approves a TV. */
  activation_mail: { untilSuccess: true, limit: 3 },
  /** Requested changes of email. Named by the account id. */
  email_change: { untilSuccess: true, limit: 3 },
  /** Requested mails with a link that proves the present email. Named by the account id. */
  email_verification: { untilSuccess: true, limit: 3 },
  /** Requested mails with a link, from a client address. */
  mail_address: { untilSuccess: false, limit: 20 },
  /** Codes of TVs that were typed from a client address, as long as they are not found. */
  user_code: { untilSuccess: false, limit: 30 },
} as const;

/** A subject that a try is counted against. */
export interface TrySubject {
  /** The kind of try. */
  readonly scope: keyof typeof SCOPES;
  /** The account or the client address; only its HMAC is stored. */
  readonly name: string;
}

/** The services that {@linkcode countTry} uses. */
export interface TryServices {
  /** Computes the keys of the counts, so that no email and no address is stored. */
  readonly keyring: Keyring;
  /** Decides when a window ends. */
  readonly clock: Clock;
  /** `passwordTriesPer15Minutes`: the tries of one window; 0: any number. */
  readonly config: { readonly passwordTriesPer15Minutes: number };
}

const WINDOW_MS = 15 * 60_000;
const MOST_DOUBLINGS = 4;
const MEMORY_MS = 24 * 60 * 60_000;

type TriesEntry = Entry<TriesRecord> & { readonly subject: TrySubject };

/** What was counted against one subject, as it was written. */
interface Count {
  readonly subject: TrySubject;
  readonly written: Entry<TriesRecord>;
}

/**
 * Counts a try against each subject, in one read and one write.
 *
 * @throws {Problem} `rate_limited` with the whole seconds until another try is accepted, or `storage_unavailable`
 */
export async function countTry(
  { keyring, clock, config }: TryServices,
  store: Store,
  subjects: readonly TrySubject[],
): Promise<CountedTry> {
  const limitOf = ({ scope }: TrySubject) => SCOPES[scope].limit ?? config.passwordTriesPer15Minutes;
  const limited = subjects.filter((subject) => limitOf(subject) > 0);
  if (limited.length === 0) return new CountedTry(keyring, []);
  return await store.near.transact(async (batch) => {
    const entries = await readTries(batch, keyring, limited);
    const now = clock.now();
    const waits = entries.map(({ value, subject }) => waitOf(value, { limit: limitOf(subject), now }));
    const waitMs = Math.max(...waits);
    if (waitMs > 0) throw new Problem("rate_limited", { retryAfter: Math.ceil(waitMs / 1000) });
    return new CountedTry(
      keyring,
      entries.map((entry) => {
        batch.check(entry);
        const value = withTry(entry, { limit: limitOf(entry.subject), now });
        return { subject: entry.subject, written: batch.set(TRIES, entry.key.slice(1), value) };
      }),
    );
  });
}

/** Removes the tries that are counted against the subjects. */
export function deleteTries(batch: WriteBatch, keyring: Keyring, subjects: readonly TrySubject[]): void {
  for (const { scope, name } of subjects) {
    for (const index of keyring.blindIndexes(`tries/${scope}`, name)) batch.delete([TRIES.kind, index]);
  }
}

/** A try that was counted. The commit of its success takes it back. */
export class CountedTry {
  readonly #keyring: Keyring;
  readonly #counts: readonly Count[];
  #used = false;

  /** Counted tries are made by {@linkcode countTry}. */
  constructor(keyring: Keyring, counts: readonly Count[]) {
    this.#keyring = keyring;
    this.#counts = counts;
  }

  /**
   * Takes the try back in the batch of its success: the tries of the account are removed, and the client address gets
   * this one try back. When a transaction runs again, the counts are read again.
   *
   * @throws {Problem} `storage_unavailable`
   */
  async takeBack(batch: WriteBatch): Promise<void> {
    const entries = this.#used
      ? await readTries(batch, this.#keyring, this.#counts.map(({ subject }) => subject))
      : this.#counts.map(({ subject, written }) => ({ ...written, subject }));
    this.#used = true;
    for (const entry of entries) {
      const { key, value, subject } = entry;
      if (SCOPES[subject.scope].untilSuccess) batch.delete(key);
      else if (value !== null) {
        batch.check(entry);
        const { failures, in_a_row } = value;
        if (in_a_row <= 1) batch.delete(key);
        else {
          batch.set(TRIES, key.slice(1), {
            ...value,
            failures: Math.max(0, failures - 1),
            in_a_row: in_a_row - 1,
          });
        }
      }
    }
  }
}

async function readTries(
  reader: Reader,
  keyring: Keyring,
  subjects: readonly TrySubject[],
): Promise<TriesEntry[]> {
  const wanted = subjects.map(({ scope, name }) =>
    [TRIES, [keyring.blindIndexes(`tries/${scope}`, name)[0]]] as const
  );
  const entries = await reader.getMany<TriesRecord[]>(wanted);
  return subjects.map((subject, i) => ({ ...entries[i] as Entry<TriesRecord>, subject }));
}

function waitOf(record: TriesRecord | null, { limit, now }: { limit: number; now: number }): number {
  return record === null || record.failures < limit ? 0 : record.window_ends_at - now;
}

function withTry(
  { value: before, subject }: TriesEntry,
  { limit, now }: { limit: number; now: number },
): TriesRecord {
  if (before !== null && before.window_ends_at > now) {
    return { ...before, failures: before.failures + 1, in_a_row: before.in_a_row + 1 };
  }
  const counts = before !== null && (SCOPES[subject.scope].untilSuccess || before.failures >= limit);
  const triedBefore = counts ? before.in_a_row : 0;
  const doublings = Math.min(MOST_DOUBLINGS, Math.floor(triedBefore / limit));
  const endsAt = now + WINDOW_MS * 2 ** doublings;
  return {
    ...before,
    v: 1,
    failures: 1,
    in_a_row: triedBefore + 1,
    window_ends_at: endsAt,
    expires_at: endsAt + MEMORY_MS,
  };
}
