/**
 * Opens a database that may be away: the start waits for it, and says so.
 *
 * @module
 */
import { type Clock, Deadline } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
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
  const answering: Promise<Deno.Kv>[] = [];
  for (let waitedMs = 0;; waitedMs += ANSWER_WITHIN_MS) {
    if (opened.length < MOST_CONNECTIONS) {
      const kv = await openKv();
      opened.push(kv);
      // An error is an answer too: the service can begin to work, and tells what is wrong.
      answering.push(probeRead(kv).then(() => kv, () => kv));
    }
    using deadline = new Deadline(clock, ANSWER_WITHIN_MS);
    const kv = await deadline.race(Promise.race(answering)).catch(() => null);
    if (kv !== null) {
      for (const other of opened) if (other !== kv) closeQuietly(other);
      return kv;
    }
    const detail = `The database has not answered for ${(waitedMs + ANSWER_WITHIN_MS) / 1000} s: ` +
      "the start waits for it";
    log("warning", "database_awaited", { detail });
  }
}
