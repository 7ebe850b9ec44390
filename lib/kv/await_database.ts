/**
 * Opens a database that may be away: the start waits for it, and says so.
 *
 * @module
 */
import { type Clock, Deadline, DeadlineError } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { DatabaseAwayError } from "./open.ts";
import { closeQuietly, probeRead } from "./connection.ts";

/** Milliseconds that a connection gets to answer before the log is told and the next one is tried. */
const ANSWER_WITHIN_MS = 5000;
/** The most connections that wait for an answer. An operation that hangs stays with Deno's client for ever. */
const MOST_CONNECTIONS = 6;

/** Opens databases. */
export type OpenKv = () => Promise<Deno.Kv>;

/**
 * Opens a database by the network, and waits until it answers, however long that takes. The log gets `database_awaited`
 * every five seconds.
 *
 * @throws {Error} of the database, when it cannot be opened at all
 */
export async function awaitDatabase(
  openKv: OpenKv,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Deno.Kv> {
  const opened: Deno.Kv[] = [];
  const answering = new Set<Promise<Deno.Kv>>();
  let reason = "The database has not answered";
  async function connect(): Promise<Deno.Kv> {
    const kv = await openKv();
    opened.push(kv);
    // An error is an answer too: the service can begin to work, and tells what is wrong.
    return await probeRead(kv).then(() => kv, () => kv);
  }
  for (let waitedMs = 0;; waitedMs += ANSWER_WITHIN_MS) {
    if (answering.size < MOST_CONNECTIONS) {
      const answer: Promise<Deno.Kv> = connect().catch((error) => {
        if (!(error instanceof DatabaseAwayError)) throw error;
        reason = error.message;
        answering.delete(answer);
        return never();
      });
      answering.add(answer);
    }
    const kv = await within(Promise.race(answering), clock);
    if (kv !== null) {
      for (const other of opened) if (other !== kv) closeQuietly(other);
      return kv;
    }
    const seconds = (waitedMs + ANSWER_WITHIN_MS) / 1000;
    log("warning", "database_awaited", { detail: `${reason} for ${seconds} s: the start waits for it` });
  }
}

/** Returns what the database answers in time, or null. */
async function within(answer: Promise<Deno.Kv>, clock: Clock): Promise<Deno.Kv | null> {
  using deadline = new Deadline(clock, ANSWER_WITHIN_MS);
  return await deadline.race(answer).catch((error) => {
    if (error instanceof DeadlineError) return null;
    throw error;
  });
}

function never(): Promise<never> {
  return new Promise(() => {});
}
