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
  readonly config: Config;
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  readonly log: Log;
  /** The global `fetch`, or one that reaches a stand-in for Amazon. */
  readonly fetch: typeof fetch;
}

/** What the service works with. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly keyring: Keyring;
  readonly db: Database;
  readonly appstore: Appstore;
}

/** Puts the services together. */
export function createServices({ config, kv, clock, log, fetch }: Surroundings): Services {
  const keyring = new Keyring(config.dataKeys);
  const db = new Database({ kv, keyring, clock });
  return { config, clock, log, keyring, db, appstore: new Appstore({ config, clock, log, fetch }) };
}
