/**
 * The connection to the database: its two lanes, and its replacement when nothing comes back from it.
 *
 * Deno's client of a KV service keeps one connection without a time limit. When that connection goes silent, nothing works
 * in this process any more, but a connection that is opened anew does. Closing the old one does not end the operations
 * that hang on it.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { describeError, type Log } from "../base/log.ts";
import type { Disk } from "./disk_reserve.ts";
import { Lane, type Sending, SILENT_AFTER_MS } from "./lane.ts";
import { isFull, isRefusal } from "./storage_failure.ts";

/** Milliseconds of silence after which the database is opened anew. */
export const REOPEN_AFTER_MS = 3000;
/** Milliseconds that a new connection gets to answer before the next one is tried. */
const ANSWER_WITHIN_MS = 2000;
/** The first so many tries follow each other at once, later ones after a pause: each can leave one operation hanging. */
const QUICK_TRIES = 8;
const SLOW_TRY_MS = 6000;

/** The least units of work that may be under way. A read is cheap, and many of them check tokens. */
const READ_FLOOR = 8;
const COMMIT_FLOOR = 4;

/** The key of probes. No record has it: a probe that writes removes it, which still goes to the disk. */
export const PROBE_KEY: readonly string[] = ["ping"];

/** What a {@linkcode Connection} is made of. */
export interface ConnectionOptions {
  /** The open database. */
  readonly kv: Deno.Kv;
  /** Opens the same database again. Without it, a silent connection is never replaced. */
  readonly openKv?: (() => Promise<Deno.Kv>) | undefined;
  /** The disk of a database file. Without it, nobody looks after the disk. */
  readonly disk?: Disk | undefined;
  /** Times silences. */
  readonly clock: Clock;
  /** Is told when the database goes silent, is opened anew, and answers again. */
  readonly log?: Log | undefined;
}

/** An operation that was on its way on a connection that is given up. It may have taken effect or not. */
export class ConnectionReplacedError extends Error {
  /** The class name, for the log. */
  override name = "ConnectionReplacedError";
}

/** An operation that was not sent, because all others fail for a while. */
export class EverythingFailsError extends Error {
  /** The class name, for the log. */
  override name = "EverythingFailsError";
}

/** The connection to the database. */
export class Connection {
  /** The reads on their way. */
  readonly reads: Lane;
  /** The commits on their way. */
  readonly commits: Lane;
  readonly #options: ConnectionOptions;
  #kv: Deno.Kv;
  #cancelWatch: (() => void) | null = null;
  #tries = 0;
  #nextTryAt = 0;
  #told = false;

  /** Takes over the open database. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#kv = options.kv;
    this.reads = new Lane(options.clock, READ_FLOOR);
    this.commits = new Lane(options.clock, COMMIT_FLOOR);
    for (const lane of [this.reads, this.commits]) lane.listen(() => this.#heard());
  }

  /** The database, by its present connection. */
  get kv(): Deno.Kv {
    return this.#kv;
  }

  /** The disk of a database file. */
  get disk(): Disk | undefined {
    return this.#options.disk;
  }

  /** Milliseconds for which the database has been silent; 0 while it answers. */
  get silentMs(): number {
    return Math.max(...[this.reads, this.commits].map((lane) => lane.silent ? lane.quietMs : 0));
  }

  /**
   * Sends an operation on a lane. It rejects with the database's error, or when the connection is given up meanwhile.
   *
   * @param sending The units of work in it, and when it was asked for, in milliseconds since the epoch.
   */
  perform<T>(
    lane: Lane,
    sending: Omit<Sending, "fail">,
    operation: (kv: Deno.Kv) => Promise<T>,
  ): Promise<T> {
    this.#watch();
    return new Promise((resolve, reject) => {
      const sent = lane.send({ ...sending, fail: reject });
      attempt(() => operation(this.#kv)).then((result) => {
        resolve(result);
        lane.heard(sent, "done");
      }, (error) => {
        if (isFull(error)) this.disk?.noteFull();
        reject(error);
        lane.heard(sent, isRefusal(error) ? "refused" : "failed");
      });
    });
  }

  /** Tells the log about a silence, and opens the database anew when the silence lasts. It returns at once. */
  mend(): void {
    const silentMs = this.silentMs;
    if (silentMs === 0) return;
    const { clock, log, openKv } = this.#options;
    if (!this.#told) {
      this.#told = true;
      const detail = `The database has answered nothing for ${SILENT_AFTER_MS} ms, or with errors alone`;
      log?.("error", "database_silent", { detail });
    }
    const now = clock.now();
    if (openKv === undefined || silentMs < REOPEN_AFTER_MS || now < this.#nextTryAt) return;
    this.#tries++;
    this.#nextTryAt = now + (this.#tries < QUICK_TRIES ? ANSWER_WITHIN_MS : SLOW_TRY_MS);
    this.#reopen(openKv).catch((error) => log?.("warning", "database_not_reopened", describeError(error)));
  }

  /**
   * Sends one operation into the silence of a lane, if its pause is over. When it comes back, the silence has ended. So no
   * request has to find that out: one that is given up may still take effect, when its device has gone.
   */
  probe(lane: Lane): void {
    if (lane.pauseMs > 0) return;
    const probe = lane === this.reads ? probeRead : probeWrite;
    this.perform(lane, { units: 0, since: this.#options.clock.now() }, probe).catch(() => {});
  }

  /** Looks after operations that hang, since the next request, which would notice them too, may come late. */
  #watch(): void {
    const { clock, openKv } = this.#options;
    if (openKv === undefined) return;
    this.#cancelWatch ??= clock.after(REOPEN_AFTER_MS, () => {
      this.#cancelWatch = null;
      this.mend();
      if (this.#inFlight > 0) this.#watch();
    });
  }

  get #inFlight(): number {
    return this.reads.inFlight + this.commits.inFlight;
  }

  /** Closes the present connection. */
  close(): void {
    this.#kv.close();
  }

  /** Opens the database anew. The first connection that answers while the present one is silent takes its place. */
  async #reopen(openKv: () => Promise<Deno.Kv>): Promise<void> {
    const probes = this.commits.silent ? [probeRead, probeWrite] : [probeRead];
    const opened = await openKv();
    try {
      for (const probe of probes) await probe(opened);
    } catch (error) {
      closeQuietly(opened);
      throw error;
    }
    if (this.silentMs === 0) return closeQuietly(opened);
    const silent = this.#kv;
    this.#kv = opened;
    this.#options.log?.("warning", "database_reopened", {
      detail: "The old connection was silent, a new one answers",
    });
    const error = new ConnectionReplacedError("The connection to the database was replaced");
    for (const lane of [this.reads, this.commits]) lane.failAll(error);
    closeQuietly(silent);
  }

  #heard(): void {
    if (this.#inFlight === 0) {
      this.#cancelWatch?.();
      this.#cancelWatch = null;
    }
    if (!this.#told || this.silentMs > 0) return;
    this.#told = false;
    this.#tries = 0;
    this.#nextTryAt = 0;
    this.#options.log?.("info", "database_back", {});
  }
}

/** Asks the database for any key. */
export async function probeRead(kv: Deno.Kv): Promise<void> {
  await kv.get(PROBE_KEY);
}

async function probeWrite(kv: Deno.Kv): Promise<void> {
  await kv.atomic().mutate({ type: "delete", key: [...PROBE_KEY] }).commit();
}

/** Closes a database that may be closed already. */
export function closeQuietly(kv: Deno.Kv): void {
  try {
    kv.close();
  } catch {
    // It was closed already.
  }
}

/** Turns an error that a function throws at once into a rejection. */
function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
