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
import { HashQueue } from "./passwords/hash_queue.ts";
import { PASSWORD_ITERATIONS, PasswordHasher } from "./passwords/hashing.ts";

/** The parts that differ between production, development and a test. */
export interface Surroundings {
  readonly config: Config;
  readonly kv: Deno.Kv;
  readonly clock: Clock;
  readonly log: Log;
  /** The global `fetch`, or one that reaches a stand-in for Amazon. */
  readonly fetch: typeof fetch;
  /** Passwords that are hashed at once: as many as there are cores. */
  readonly cores: number;
  /** Rounds of the password hash; fewer in a test alone. {@linkcode PASSWORD_ITERATIONS} by default. */
  readonly passwordIterations?: number;
}

/** What the service works with. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly keyring: Keyring;
  readonly db: Database;
  readonly appstore: Appstore;
  readonly hasher: PasswordHasher;
}

/** Puts the services together. */
export function createServices(
  { config, kv, clock, log, fetch, cores, passwordIterations = PASSWORD_ITERATIONS }: Surroundings,
): Services {
  const keyring = new Keyring(config.dataKeys);
  return {
    config,
    clock,
    log,
    keyring,
    db: new Database({ kv, keyring, clock }),
    appstore: new Appstore({ config, clock, log, fetch }),
    hasher: new PasswordHasher({ iterations: passwordIterations, queue: new HashQueue(cores) }),
  };
}
