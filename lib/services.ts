/**
 * What the whole service is made of, made once and handed in: nothing below reads the environment, the clock or
 * the network by itself.
 *
 * @module
 */
import { Appstore } from "./amazon/appstore.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { Database } from "./kv/database.ts";
import { Keyring } from "./kv/keyring.ts";
import type { Log } from "./log.ts";

/** The parts that differ between production, development and a test. */
export interface Surroundings {
  /** As `parseConfig` read it. */
  readonly config: Config;
  /** The database, open; whoever opened it closes it. */
  readonly kv: Deno.Kv;
  /** The machine's clock, or one that a test moves. */
  readonly clock: Clock;
  /** Takes every entry. */
  readonly log: Log;
  /** The global `fetch`, or one that reaches a stand-in for Amazon. */
  readonly fetch: typeof fetch;
}

/** What the service works with. */
export interface Services {
  /** What the service was told to do. */
  readonly config: Config;
  /** What time it is. */
  readonly clock: Clock;
  /** Where events go. */
  readonly log: Log;
  /** Seals, opens and indexes with `config.dataKeys`. */
  readonly keyring: Keyring;
  /** The only way to what is stored. */
  readonly db: Database;
  /** The only way to Amazon. */
  readonly appstore: Appstore;
}

/** Puts the services together. */
export function createServices({ config, kv, clock, log, fetch }: Surroundings): Services {
  const keyring = new Keyring(config.dataKeys);
  const db = new Database({ kv, keyring, clock });
  return { config, clock, log, keyring, db, appstore: new Appstore({ config, clock, log, fetch }) };
}
