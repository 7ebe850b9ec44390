/**
 * The records of counted tries: how they are read, forgotten and removed.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Email } from "../base/email.ts";
import type { Keyring } from "../kv/keyring.ts";
import { TRIES, type TriesRecord } from "../kv/schema.ts";
import type { Entry, Reader, WriteBatch } from "../kv/write_batch.ts";
import type { TrySubject } from "./scopes.ts";
import { KNOWN_MS, LONGEST_MS, MEMORY_MS } from "./windows.ts";

/** What the records of tries need. */
export interface TryRecordServices {
  /** Computes the keys of the counts, so that no email and no address is stored. */
  readonly keyring: Keyring;
  /** Decides when a window ends. */
  readonly clock: Clock;
  /** `passwordTriesPer15Minutes`: the tries of one window; 0: any number. */
  readonly config: { readonly passwordTriesPer15Minutes: number };
}

/** The count of the tries against a subject, as it was read. */
export type TriesEntry = Entry<TriesRecord> & { readonly subject: TrySubject };

/**
 * Remembers that a customer has signed in to an account from an address, so that the counts of the account alone do not
 * hold there.
 *
 * @param name The name of account and address: {@linkcode pairOf}.
 * @param before The record that is there now. Fields that a later version has added stay.
 */
export function putKnown(
  { keyring, clock, config }: TryRecordServices,
  batch: WriteBatch,
  name: string,
  before: TriesRecord | null = null,
): void {
  if (config.passwordTriesPer15Minutes === 0) return;
  const scope = "sign_in_pair";
  const [index] = keyring.blindIndexes(`tries/${scope}`, name);
  const now = clock.now();
  batch.set(TRIES, [index], {
    ...before,
    v: 1,
    failures: 0,
    in_a_row: 0,
    window_ends_at: now,
    known: true,
    expires_at: now + KNOWN_MS,
  });
}

/**
 * Forgets the wrong passwords of an account, of all addresses.
 *
 * @param email The email of the account.
 */
export function putForgiven(
  { keyring, clock }: Pick<TryRecordServices, "keyring" | "clock">,
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

/** Reads the count of each subject, in their order. */
export async function readTries(
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
