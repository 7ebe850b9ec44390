/**
 * One operation on the database: a read or a commit that is tried again until it succeeds or its time is over.
 *
 * @module
 */
import { type Clock, DeadlineError, sleep } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Connection } from "./connection.ts";
import type { KeyCheck } from "./key_check.ts";
import { StorageError, type StorageOperation } from "./storage_failure.ts";
import type { Turn } from "./turn.ts";

/** The first pause between two tries is up to twice this long, in milliseconds; each next one up to twice as long. */
const RETRY_BASE_MS = 2;
const RETRY_CAP_MS = 100;

/** What {@linkcode runOperation} uses. */
export interface OperationServices {
  /** Is probed when the check of the key ring hangs. */
  readonly connection: Connection;
  /** Times the pauses. */
  readonly clock: Clock;
  /** Checks the key ring before the first operation. Without it nothing is checked. */
  readonly keyCheck?: KeyCheck;
  /** Takes the operations and their retries. */
  readonly telemetry: Telemetry;
  /** Returns numbers from 0 up to 1, which spread retries. */
  readonly random: () => number;
}

/** An operation on the database. */
export interface Operation<T> {
  /** What the log and the telemetry call it. */
  readonly name: StorageOperation;
  /** Tries it once. */
  readonly attempt: () => Promise<T>;
  /** Takes back what was not sent yet. It is called when the deadline ends an attempt. */
  readonly abandon: () => void;
}

/**
 * Tries an operation until it succeeds or the deadline of its turn is over, with growing pauses between: local KV rejects
 * with "database is locked" while another process writes, and networks fail in their own ways. After the deadline nothing
 * is begun. While everything has failed for a moment, work that has done nothing yet fails at once. The first operation of
 * a turn waits for admission.
 *
 * @throws {Problem} `storage_unavailable`, or `overloaded` when the turn is not admitted
 */
export function runOperation<T>(
  operation: Operation<T>,
  turn: Turn,
  services: OperationServices,
): Promise<T> {
  return services.telemetry.storage(operation.name, () => tryUntilOver(operation, turn, services));
}

async function tryUntilOver<T>(
  { name, attempt, abandon }: Operation<T>,
  turn: Turn,
  { random, keyCheck, connection, telemetry, clock }: OperationServices,
): Promise<T> {
  const { deadline } = turn;
  const entering = turn.enter();
  if (entering !== null) await entering;
  let last: unknown;
  for (let attempts = 1;; attempts++) {
    try {
      // A pause may end with the deadline: then the failure before it is the cause.
      if (deadline.remaining <= 0) throw last ?? new DeadlineError();
      // Nothing is read or written with a key ring that does not fit what is stored.
      if (keyCheck?.passed === false) await deadline.race(keyCheck.pass());
      const result = await deadline.race(attempt());
      turn.noteSuccess();
      return result;
    } catch (error) {
      // The check is not counted in a lane. When it hangs, a probe finds out whether the connection is silent.
      if (keyCheck?.passed === false) connection.probe(connection.reads);
      if (error instanceof Problem) throw error;
      const over = error instanceof DeadlineError;
      if (over) abandon();
      // Errors in a row let the next try wait for a probe. When that wait takes the rest of the time, they are the cause.
      if (!over || last === undefined) last = error;
      const cause = new StorageError(name, last);
      const pause = random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempts);
      // While everything fails, a device is told at once, unless its work is half done and would be lost.
      const hopeless = connection.silentMs > 0 && !turn.isHalfDone;
      if (over || hopeless || !cause.temporary || deadline.remaining <= pause) {
        const internal = `${cause.message} after ${attempts} attempts`;
        throw new Problem("storage_unavailable", { retryAfter: 1, internal, cause });
      }
      telemetry.count("oneclick.kv.retries", { "db.operation.name": name, "error.type": cause.code });
      await sleep(clock, pause);
    }
  }
}
