/**
 * Tries, counted in the database so that every instance knows them: passwords, sign-ups and requested mails, each per
 * account, per client address, or both.
 *
 * A window begins with its first try and accepts a number of tries; then the client waits for the end of the window. The
 * first window lasts 15 minutes. Each full number of earlier tries that still count doubles it, up to 4 hours. A success
 * removes the tries of its account, and a quiet day removes all.
 *
 * A guessed password counts first against the account and the address together. What one stranger does from one address so
 * keeps nobody out who comes from another. The count of the account alone doubles its window only after far more tries (NIST
 * SP 800-63B allows 100), and does not count at all for an address from which the customer has signed in before.
 *
 * The try of a password is counted before the password is hashed, and taken back when it succeeds. So tries at the same
 * moment cannot pass the limit together. Only the count of an address over all accounts is written after a wrong password:
 * customers behind one address would conflict over it. Until then the instance knows what is under way. One-click sign-in
 * and the check of a session token count nothing here.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Email } from "../base/email.ts";
import { Problem } from "../base/problem.ts";
import type { Store } from "../kv/database.ts";
import type { Keyring } from "../kv/keyring.ts";
import { TRIES, type TriesRecord } from "../kv/schema.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import { scopeOf, type TrySubject } from "./scopes.ts";
import { type TriesUnderWay, UnderWay } from "./under_way.ts";

/** The services that {@linkcode countTry} uses. */
export interface TryServices {
  /** Knows the tries whose count is written after a failure. */
  readonly triesUnderWay: TriesUnderWay;
  /** Computes the keys of the counts, so that no email and no address is stored. */
  readonly keyring: Keyring;
  /** Decides when a window ends. */
  readonly clock: Clock;
  /** `passwordTriesPer15Minutes`: the tries of one window; 0: any number. */
  readonly config: { readonly passwordTriesPer15Minutes: number };
}

const WINDOW_MS = 15 * 60_000;
const MOST_DOUBLINGS = 4;
const LONGEST_MS = WINDOW_MS * 2 ** MOST_DOUBLINGS;
const MEMORY_MS = 24 * 60 * 60_000;
/** Milliseconds for which an address is remembered from which a customer has signed in. */
const KNOWN_MS = 30 * MEMORY_MS;
/** Milliseconds to wait for other tries of the same client that are under way. */
const SHORT_WAIT_MS = 1000;

type TriesEntry = Entry<TriesRecord> & { readonly subject: TrySubject };

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
      const over = telling.some((entry) => waitFor(entry) > 0);
      const counts = entries
        .filter((entry) => !later.includes(entry.subject) && waitFor(entry) === 0)
        .map((entry) => {
          batch.check(entry);
          const value = withTry(entry, { limit: limitOf(entry.subject), now });
          return { subject: entry.subject, written: batch.set(TRIES, entry.key.slice(1), value) };
        });
      return new CountedTry(services, { counts, spared, later, underWay, over });
    });
  } catch (error) {
    underWay[Symbol.dispose]();
    throw error;
  }
}

/**
 * Remembers that a customer has signed in to an account from an address, as {@linkcode CountedTry.takeBack} does.
 *
 * @param name The name of account and address: {@linkcode pairOf}.
 * @param counted The record that is there now. Fields that a later version has added stay.
 */
export function putKnown(
  { keyring, clock, config }: Pick<TryServices, "keyring" | "clock" | "config">,
  batch: WriteBatch,
  name: string,
  counted: TriesRecord | null = null,
): void {
  if (config.passwordTriesPer15Minutes === 0) return;
  const scope = "sign_in_pair";
  const [index] = keyring.blindIndexes(`tries/${scope}`, name);
  const now = clock.now();
  batch.set(TRIES, [index], {
    ...counted,
    v: 1,
    failures: 0,
    in_a_row: 0,
    window_ends_at: now,
    known: true,
    expires_at: now + KNOWN_MS,
  });
}

/**
 * Forgets the wrong passwords of an account, from whatever address they came.
 *
 * @param email The email of the account.
 */
export function putForgiven(
  { keyring, clock }: Pick<TryServices, "keyring" | "clock">,
  batch: WriteBatch,
  email: Email,
): void {
  const scope = "sign_in_account";
  const now = clock.now();
  for (const index of keyring.blindIndexes(`tries/${scope}`, email.canonical)) {
    batch.set(TRIES, [index], {
      v: 1,
      failures: 0,
      in_a_row: 0,
      window_ends_at: now,
      forgives_before: now,
      expires_at: now + LONGEST_MS + MEMORY_MS,
    });
  }
}

/** Removes the tries that are counted against the subjects. */
export function deleteTries(batch: WriteBatch, keyring: Keyring, subjects: readonly TrySubject[]): void {
  for (const { scope, name } of subjects) {
    for (const index of keyring.blindIndexes(`tries/${scope}`, name)) batch.delete([TRIES.kind, index]);
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
  /** The subjects that do not count for a known address. */
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
        batch.set(TRIES, entry.key.slice(1), withTry(entry, { limit, now }));
      }
    });
  }

  /** Ends the try: it is under way no more. */
  [Symbol.dispose](): void {
    this.#parts.underWay[Symbol.dispose]();
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

function waitOf(
  record: TriesRecord | null,
  { limit, now, others }: { limit: number; now: number; others: number },
): number {
  const running = record !== null && record.window_ends_at > now;
  if ((running ? record.failures : 0) + others < limit) return 0;
  // A count that is wrong, or a clock that was set back, keeps nobody out for longer than a window can last.
  return running ? Math.min(record.window_ends_at - now, LONGEST_MS) : others > 0 ? SHORT_WAIT_MS : 0;
}

function withTry(
  { value: before, subject }: TriesEntry,
  { limit, now }: { limit: number; now: number },
): TriesRecord {
  const { untilSuccess, free = 0, mostDoublings = MOST_DOUBLINGS } = scopeOf(subject);
  const known = before?.known === true ? now + KNOWN_MS : 0;
  if (before !== null && before.window_ends_at > now) {
    return { ...before, failures: before.failures + 1, in_a_row: before.in_a_row + 1, counted_at: now };
  }
  const counts = before !== null && (untilSuccess || before.failures >= limit);
  const triedBefore = counts ? before.in_a_row : 0;
  const doublings = Math.min(mostDoublings, Math.floor(Math.max(0, triedBefore - free) / limit));
  const endsAt = now + WINDOW_MS * 2 ** doublings;
  return {
    ...before,
    v: 1,
    failures: 1,
    in_a_row: triedBefore + 1,
    window_ends_at: endsAt,
    counted_at: now,
    expires_at: Math.max(endsAt + MEMORY_MS, known),
  };
}
