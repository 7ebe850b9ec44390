/**
 * Failures of the database: which ones another attempt can mend, and what the log is told about them.
 *
 * @module
 */
import { DeadlineError } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import type { RecordType } from "./schema.ts";

/** An operation on the database, as the log names it. */
export type StorageOperation = "get" | "list" | "commit";

/** What kind of failure it was. */
export type StorageFailureCode =
  | "conflict"
  | "corrupt"
  | "full"
  | "io"
  | "limit"
  | "locked"
  | "read_only"
  | "timeout"
  | "unknown";

/**
 * Deno's database says what failed only in a message. A message can hold a path or an address, so the log gets one of
 * these codes instead.
 */
const CODES: readonly (readonly [RegExp, StorageFailureCode])[] = [
  [/locked|busy/i, "locked"],
  [/\bfull\b/i, "full"],
  [/read.?only/i, "read_only"],
  [/malformed|corrupt|not a database/i, "corrupt"],
  [/I\/O/i, "io"],
  [/too large|^too many|too many (?:checks|mutations)|^invalid |could not be cloned/i, "limit"],
];

/** Why the database did not do an operation, in words that may be logged. It is the `cause` of a {@linkcode Problem}. */
export class StorageError extends Error {
  /** The class name of the database's own error. */
  override name: string;
  /** What kind of failure it was. */
  readonly code: StorageFailureCode;
  /** The operation that failed. */
  readonly operation: StorageOperation;

  /** Describes `error`, as the database threw it. The message of `error` is left out. */
  constructor(operation: StorageOperation, error: unknown) {
    const code = codeOf(error);
    super(`The ${operation} failed: ${code}`);
    this.name = error instanceof Error ? error.name : typeof error;
    this.code = code;
    this.operation = operation;
  }

  /**
   * Whether the same operation can succeed in a moment. An operation that breaks a limit of the database never does, and a
   * disk stays full until somebody makes room.
   */
  get temporary(): boolean {
    return !["limit", "full"].includes(this.code) && this.name !== "BadResource";
  }
}

/**
 * Thrown within a transaction when two records that were read contradict each other: either they changed between the two
 * reads, or the database holds the contradiction. `Store.transact` reads them again to find out. The message is for the
 * log; it holds kinds and account ids, no personal data.
 */
export class ContradictionError extends Error {
  /** The class name, for the log. */
  override name = "ContradictionError";
}

/** A commit that lost to other writers too often. */
export class ConflictError extends Error {
  /** The class name, for the log. */
  override name = "ConflictError";
  /** The code, for the log. */
  readonly code: StorageFailureCode = "conflict";
  /** The operation, for the log. */
  readonly operation: StorageOperation = "commit";
}

/**
 * The `storage_unavailable` of a stored record that cannot be read. The operator has to mend it, so a device waits a
 * minute before its retry.
 */
export class UnreadableRecordProblem extends Problem {
  /** Takes the kind of the record from its type. */
  constructor({ kind }: Pick<RecordType<unknown>, "kind">) {
    super("storage_unavailable", {
      retryAfter: 60,
      internal: `A stored record of kind ${kind} cannot be read: another version, or no key for it`,
    });
  }
}

/**
 * The `storage_unavailable` of a secret that was derived from a data key which the ring does not have. Another instance may
 * have the key. The log names it.
 */
export class MissingKeyProblem extends Problem {
  /** Takes the id of the key, as `DATA_KEYS` names it. */
  constructor(keyId: string) {
    super("storage_unavailable", {
      retryAfter: 60,
      internal: `DATA_KEYS has no key ${JSON.stringify(keyId)}, from which a stored secret was derived`,
    });
  }
}

/**
 * The `storage_unavailable` of stored records that contradict each other, such as an index without its account. The
 * operator has to mend them, so a device waits a minute before its retry.
 */
export class IntegrityProblem extends Problem {
  /** Takes over what contradicts what. */
  constructor(cause: ContradictionError) {
    super("storage_unavailable", { retryAfter: 60, internal: cause.message, cause });
  }
}

/**
 * Tells whether an operation failed although the database works: it broke a limit, another process was writing, or the disk
 * is full.
 */
export function isRefusal(error: unknown): boolean {
  return ["limit", "locked", "full"].includes(codeOf(error));
}

/** Tells whether an operation failed because the disk is full. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === "full";
}

function codeOf(error: unknown): StorageFailureCode {
  if (error instanceof DeadlineError) return "timeout";
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "DataCloneError") return "limit";
  return CODES.find(([pattern]) => pattern.test(error.message))?.[1] ?? "unknown";
}
