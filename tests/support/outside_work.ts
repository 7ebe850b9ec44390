/**
 * Counts the operations that run outside JavaScript: those of KV and of password hashing. While one is under way, the
 * time of a fake clock must not pass. To count them, the module replaces methods of `Deno.Kv` and `crypto.subtle`; each
 * test file has its own.
 *
 * @module
 */
import { setImmediate } from "node:timers";

const TURNS = 5;
const MOST_WAIT_MS = 10_000;

let underWay = 0;

count(Deno.Kv.prototype, ["get", "getMany", "set", "delete"]);
count(Deno.KvListIterator.prototype, ["next"]);
count(Deno.AtomicOperation.prototype, ["commit"]);
count(crypto.subtle, ["importKey", "deriveBits"]);

/**
 * Lets code run that is ready to run, and waits for every operation outside JavaScript.
 *
 * @throws {Error} when an operation takes more than ten real seconds.
 */
export async function untilIdle(): Promise<void> {
  const start = performance.now();
  for (let idleTurns = 0; idleTurns < TURNS; idleTurns = underWay === 0 ? idleTurns + 1 : 0) {
    if (performance.now() - start > MOST_WAIT_MS) throw new Error("The database does not answer");
    await oneTurn();
  }
}

/** Lets code run that is ready to run, where no work is done outside JavaScript. */
export function oneTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * Waits until `holds` returns true. For work outside JavaScript that is not counted, such as the import of a module.
 *
 * @param mostWaitMs The time limit in real milliseconds; ten seconds by default.
 * @throws {Error} when the time is over.
 */
export async function untilTrue(holds: () => boolean, mostWaitMs: number = MOST_WAIT_MS): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > mostWaitMs) throw new Error("The promise waits for nothing");
    await oneTurn();
  }
}

/** Replaces asynchronous methods of an object by ones that are counted while they are under way. */
function count<K extends string>(object: Record<K, unknown>, names: readonly K[]): void {
  for (const name of names) {
    const method = object[name] as (...args: unknown[]) => Promise<unknown>;
    object[name] = async function (this: unknown, ...args: unknown[]) {
      underWay++;
      try {
        return await Reflect.apply(method, this, args);
      } finally {
        underWay--;
      }
    };
  }
}
