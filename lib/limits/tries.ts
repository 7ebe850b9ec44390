/**
 * Tries, counted in the database so that every instance knows of them: passwords, sign-ups, and mails that are asked
 * for; per account, per client address, or both.
 *
 * A window begins with its first try and takes a number of them; who has used them up waits for its end. It lasts
 * 15 minutes at first, and twice as long for every full number of tries before it that still weigh, up to 4 hours. A
 * success forgets those of its account, and a day of quiet all.
 *
 * A password's try is counted before it is hashed, and taken back when it succeeds: so tries at the same moment
 * cannot pass the limit together. Nothing here is asked by one-click sign-in or by the check of a session.
 *
 * @module
 */
import type { Clock, Deadline } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { Database, Entry, ReadOptions, Transaction } from "../kv/database.ts";
import type { Keyring } from "../kv/keyring.ts";
import { TRIES, type TriesRecord } from "../kv/schema.ts";
import { Problem } from "../base/problem.ts";

/**
 * What is counted, each by itself; whether it weighs until a success, or only when a window is used up; and how many
 * a window takes: as the operator says, or where tries are mails, these few.
 * @internal
 */
export const SCOPES = {
  /** Sign-in to an account, named by its canonical email whether or not there is one. */
  sign_in_account: { untilSuccess: true, limit: null },
  /** Sign-in from a client address. Many people can share one: what they mistype adds up to nothing. */
  sign_in_address: { untilSuccess: false, limit: null },
  /** Sign-up from a client address, successful or not. */
  sign_up_address: { untilSuccess: false, limit: null },
  /** Change of password by who is signed in to an account, named by its id: no stranger can use these up. */
  change_password: { untilSuccess: true, limit: null },
  /**
   * Mails with a link to a password that are asked for an account, named by its canonical email whether or not there
   * is one.
   */
  password_reset: { untilSuccess: true, limit: 3 },
  /** The same with a link to delete it: by itself, so that who asks for these keeps nobody from a password. */
  account_deletion: { untilSuccess: true, limit: 3 },
  /** Mails with a link that are asked for from a client address. */
  mail_address: { untilSuccess: false, limit: 20 },
} as const;

/** One thing to count a try against. */
export interface TrySubject {
  /** Which kind of try. */
  readonly scope: keyof typeof SCOPES;
  /** The account or the client address; only its HMAC is stored. */
  readonly name: string;
}

/** What counting needs of the services. */
export interface TryServices {
  /** Holds the counts. */
  readonly db: Database;
  /** Hides whom they are of. */
  readonly keyring: Keyring;
  /** Decides when a window ends. */
  readonly clock: Clock;
  /** How many tries a window takes. */
  readonly config: Pick<Config, "passwordTriesPer15Minutes">;
}

const WINDOW_MS = 15 * 60_000;
const MOST_DOUBLINGS = 4;
const MEMORY_MS = 24 * 60 * 60_000;
const MOST_COMMITS = 20;

type Counted = Entry<TriesRecord> & { readonly subject: TrySubject };

/**
 * Counts a try against every subject, in one read and one write.
 *
 * @throws {Problem} `rate_limited` with the whole seconds until a try is taken, or `storage_unavailable`
 */
export async function countTry(
  services: TryServices,
  subjects: readonly TrySubject[],
  deadline: Deadline,
): Promise<CountedTry> {
  const { db, clock, config } = services;
  const limitOf = ({ scope }: TrySubject) => SCOPES[scope].limit ?? config.passwordTriesPer15Minutes;
  const limited = subjects.filter((subject) => limitOf(subject) > 0);
  if (limited.length === 0) return new CountedTry(services, []);
  for (let round = 1; round <= MOST_COMMITS; round++) {
    const consistency = round === 1 ? "eventual" : "strong";
    const entries = await readTries(services, limited, { consistency, deadline });
    const now = clock.now();
    const waitMs = Math.max(
      ...entries.map(({ value, subject }) => waitOf(value, { limit: limitOf(subject), now })),
    );
    // A replica can be behind a success, so only the primary may turn somebody away.
    if (waitMs > 0 && consistency === "eventual") continue;
    if (waitMs > 0) throw new Problem("rate_limited", { retryAfter: Math.ceil(waitMs / 1000) });
    const tx = db.transaction();
    const counted = entries.map((entry) => {
      const value = withTry(entry, { limit: limitOf(entry.subject), now });
      tx.check(entry).set(TRIES, entry.key.slice(1), value);
      return { ...entry, value };
    });
    const versionstamp = await db.commit(tx, deadline);
    if (versionstamp !== null) {
      return new CountedTry(services, counted.map((entry) => ({ ...entry, versionstamp })));
    }
  }
  // So many tries at this very moment that this one never had its turn.
  throw new Problem("rate_limited", { retryAfter: 1 });
}

/** Stages that what was counted against the subjects is forgotten. */
export function stageForgetting(tx: Transaction, keyring: Keyring, subjects: readonly TrySubject[]): void {
  for (const { scope, name } of subjects) {
    for (const index of keyring.blindIndexes(`tries/${scope}`, name)) tx.delete([TRIES.kind, index]);
  }
}

/** A try that was counted, to be taken back by the commit of its success. */
export class CountedTry {
  readonly #services: TryServices;
  #entries: readonly Counted[];

  /**
   * Tries as they were counted.
   *
   * @param entries What was written.
   */
  constructor(services: TryServices, entries: readonly Counted[]) {
    this.#services = services;
    this.#entries = entries;
  }

  /** Stages the success: the account's tries are forgotten, an address has this one try back. */
  stageSuccess(tx: Transaction): void {
    for (const entry of this.#entries) {
      const { key, value, subject } = entry;
      if (SCOPES[subject.scope].untilSuccess) tx.delete(key);
      else if (value !== null) {
        const { failures, in_a_row } = value;
        tx.check(entry);
        if (in_a_row <= 1) tx.delete(key);
        else {
          tx.set(TRIES, key.slice(1), {
            ...value,
            failures: Math.max(0, failures - 1),
            in_a_row: in_a_row - 1,
          });
        }
      }
    }
  }

  /** Reads again after a commit that failed a check. */
  async refresh(deadline: Deadline): Promise<void> {
    const subjects = this.#entries.map(({ subject }) => subject);
    if (subjects.length === 0) return;
    this.#entries = await readTries(this.#services, subjects, { consistency: "strong", deadline });
  }
}

async function readTries(
  { db, keyring }: TryServices,
  subjects: readonly TrySubject[],
  options: ReadOptions,
): Promise<Counted[]> {
  const wanted = subjects.map(({ scope, name }) =>
    [TRIES, [keyring.blindIndexes(`tries/${scope}`, name)[0]]] as const
  );
  const entries = await db.getMany<TriesRecord[]>(wanted, options);
  return subjects.map((subject, i) => ({ ...entries[i] as Entry<TriesRecord>, subject }));
}

function waitOf(record: TriesRecord | null, { limit, now }: { limit: number; now: number }): number {
  return record === null || record.failures < limit ? 0 : record.window_ends_at - now;
}

function withTry(
  { value: before, subject }: Counted,
  { limit, now }: { limit: number; now: number },
): TriesRecord {
  if (before !== null && before.window_ends_at > now) {
    return { ...before, failures: before.failures + 1, in_a_row: before.in_a_row + 1 };
  }
  const weighs = before !== null && (SCOPES[subject.scope].untilSuccess || before.failures >= limit);
  const triedBefore = weighs ? before.in_a_row : 0;
  const doublings = Math.min(MOST_DOUBLINGS, Math.floor(triedBefore / limit));
  const endsAt = now + WINDOW_MS * 2 ** doublings;
  return {
    v: 1,
    failures: 1,
    in_a_row: triedBefore + 1,
    window_ends_at: endsAt,
    expires_at: endsAt + MEMORY_MS,
  };
}
