/**
 * Tries, counted in the database so that every instance knows them: passwords, sign-ups and requested mails, each per
 * account, per client address, or both.
 *
 * A window begins with its first try and accepts a number of tries; then the client waits for the end of the window. The
 * first window lasts 15 minutes. Each full number of earlier tries that still count doubles it, up to 4 hours. A success
 * removes the tries of its account, and a quiet day removes all.
 *
 * A guessed password counts first against the account and the address together. What one stranger does from one address
 * so keeps nobody out who comes from another: of the count of the account alone, one address uses up half. That count
 * doubles its window only after far more tries (NIST SP 800-63B allows 100), and does not count at all for an address
 * from which the customer has signed in before.
 *
 * The try of a password is counted before the password is hashed, and taken back when it succeeds. So tries at the same
 * moment cannot pass the limit together. Only the count of an address over all accounts is written after a wrong password:
 * customers behind one address would conflict over it. Until then the instance knows what is under way. One-click sign-in
 * and the check of a session token count nothing here.
 *
 * @module
 */
import { Problem } from "../base/problem.ts";
import { TRIES, type TriesRecord } from "../kv/schema.ts";
import type { Store } from "../kv/store.ts";
import type { Entry, WriteBatch } from "../kv/write_batch.ts";
import { scopeOf, type TrySubject } from "./scopes.ts";
import { deleteTries, putKnown, readTries, type TriesEntry, type TryRecordServices } from "./try_records.ts";
import { type TriesUnderWay, UnderWay } from "./under_way.ts";
import { waitOf, withTry } from "./windows.ts";

/** The services that {@linkcode countTry} uses. */
export interface TryServices extends TryRecordServices {
  /** Knows the tries whose count is written after a failure. */
  readonly triesUnderWay: TriesUnderWay;
}

/** What was counted against one subject, as it was written. */
interface Count {
  readonly subject: TrySubject;
  readonly written: Entry<TriesRecord>;
}

/**
 * Counts a try against each subject, in one read and one write. Dispose of it with `using`.
 *
 * @throws {Problem} `rate_limited` with the whole seconds until another try is accepted, or `storage_unavailable`
 */
export async function countTry(
  services: TryServices,
  store: Store,
  subjects: readonly TrySubject[],
): Promise<CountedTry> {
  const { keyring, clock, config, triesUnderWay } = services;
  const limitOf = (subject: TrySubject) => scopeOf(subject).limit ?? config.passwordTriesPer15Minutes;
  const limited = subjects.filter((subject) => limitOf(subject) > 0);
  const later = limited.filter((subject) => scopeOf(subject).onFailure === true);
  const underWay = new UnderWay(triesUnderWay, later);
  const nothing = { counts: [], spared: [], later, underWay, over: false };
  if (limited.length === 0) return new CountedTry(services, nothing);
  try {
    return await store.near.transact(async (batch) => {
      const all = forgiven(await readTries(batch, keyring, limited));
      const known = all.some(({ value, subject }) => scopeOf(subject).remembers && value?.known === true);
      const isSpared = (subject: TrySubject) => known && scopeOf(subject).sparesKnown === true;
      const entries = all.filter(({ subject }) => !isSpared(subject));
      const spared = limited.filter(isSpared);
      const now = clock.now();
      const waitFor = ({ value, subject }: TriesEntry) =>
        waitOf(value, { limit: limitOf(subject), now, others: underWay.aheadOf(subject) });
      const [telling, refusing] = [true, false].map((tells) =>
        entries.filter(({ subject }) => (scopeOf(subject).tells === true) === tells)
      ) as [TriesEntry[], TriesEntry[]];
      const waitMs = Math.max(0, ...refusing.map(waitFor));
      if (waitMs > 0) throw new Problem("rate_limited", { retryAfter: Math.ceil(waitMs / 1000) });
      // The tries of one address use up no more than their share of the count of an account.
      const shareUsed = all.some(({ value, subject }) =>
        scopeOf(subject).remembers && value !== null && value.window_ends_at > now &&
        value.failures >= Math.max(1, Math.floor(limitOf(subject) / 2))
      );
      const uncounted = refusing.map(({ subject }) => subject).filter((subject) =>
        shareUsed && scopeOf(subject).sparesKnown === true
      );
      const over = telling.some((entry) => waitFor(entry) > 0);
      const counts = entries
        .filter((entry) => ![...later, ...uncounted].includes(entry.subject) && waitFor(entry) === 0)
        .map((entry) => {
          batch.check(entry);
          const value = withTry(entry.value, {
            scope: scopeOf(entry.subject),
            limit: limitOf(entry.subject),
            now,
          });
          return { subject: entry.subject, written: batch.set(TRIES, entry.key.slice(1), value) };
        });
      return new CountedTry(services, { counts, spared: [...spared, ...uncounted], later, underWay, over });
    });
  } catch (error) {
    underWay[Symbol.dispose]();
    throw error;
  }
}

/** Leaves out what an account forgives of the tries from one address. That the address is known stays. */
function forgiven(entries: readonly TriesEntry[]): TriesEntry[] {
  const before = Math.max(0, ...entries.map(({ value }) => value?.forgives_before ?? 0));
  return entries.map((entry) => {
    const { value, subject } = entry;
    if (subject.scope !== "sign_in_pair" || value === null || (value.counted_at ?? Infinity) > before) {
      return entry;
    }
    return { ...entry, value: { ...value, failures: 0, in_a_row: 0, window_ends_at: 0 } };
  });
}

/** What a {@linkcode CountedTry} is made of. */
interface CountedTryParts {
  readonly counts: readonly Count[];
  /** The subjects against which this try does not count, and whose tries a success removes all the same. */
  readonly spared: readonly TrySubject[];
  readonly later: readonly TrySubject[];
  readonly underWay: UnderWay;
  readonly over: boolean;
}

/** A try that was counted. The commit of its success takes it back. */
export class CountedTry implements Disposable {
  readonly #services: TryServices;
  readonly #parts: CountedTryParts;
  #used = false;

  /** Counted tries are made by {@linkcode countTry}. */
  constructor(services: TryServices, parts: CountedTryParts) {
    this.#services = services;
    this.#parts = parts;
  }

  /** Whether a window that refuses nothing was used up before. */
  get over(): boolean {
    return this.#parts.over;
  }

  /**
   * Takes the try back in the batch of its success: the tries of the account are removed, and a client address gets this
   * one try back. When a transaction runs again, the counts are read again.
   *
   * @throws {Problem} `storage_unavailable`
   */
  async takeBack(batch: WriteBatch): Promise<void> {
    const { counts, spared } = this.#parts;
    deleteTries(batch, this.#services.keyring, spared);
    const entries = this.#used
      ? await readTries(batch, this.#services.keyring, counts.map(({ subject }) => subject))
      : counts.map(({ subject, written }) => ({ ...written, subject }));
    this.#used = true;
    for (const entry of entries) {
      const { key, value, subject } = entry;
      const { remembers, untilSuccess } = scopeOf(subject);
      if (remembers) putKnown(this.#services, batch, subject.name, value);
      else if (untilSuccess) batch.delete(key);
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

  /**
   * Counts the failure against the subjects whose count is written after it.
   *
   * @throws {Problem} `storage_unavailable`
   */
  async fail(store: Store): Promise<void> {
    const { keyring, clock, config } = this.#services;
    const { later } = this.#parts;
    if (later.length === 0) return;
    await store.transact(async (batch) => {
      const now = clock.now();
      for (const entry of await readTries(batch, keyring, later)) {
        const limit = scopeOf(entry.subject).limit ?? config.passwordTriesPer15Minutes;
        batch.check(entry);
        batch.set(
          TRIES,
          entry.key.slice(1),
          withTry(entry.value, { scope: scopeOf(entry.subject), limit, now }),
        );
      }
    });
  }

  /** Ends the try: it is under way no more. */
  [Symbol.dispose](): void {
    this.#parts.underWay[Symbol.dispose]();
  }
}
