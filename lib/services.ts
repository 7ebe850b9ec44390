/**
 * What the whole service is made of, made once and handed in: nothing below reads the environment, the clock or
 * the network by itself.
 *
 * @module
 */
import { Appstore } from "./amazon/appstore.ts";
import { Background } from "./base/background.ts";
import type { Clock } from "./base/clock.ts";
import type { Config } from "./config/config.ts";
import { Database } from "./kv/database.ts";
import { Keyring } from "./kv/keyring.ts";
import type { Log } from "./base/log.ts";
import { HashQueue } from "./passwords/hash_queue.ts";
import { createTransport, type Transport } from "./mail/transports.ts";
import { PASSWORD_ITERATIONS, PasswordHasher } from "./passwords/hashing.ts";

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
  /** The global `fetch`, or one that reaches a stand-in for Amazon and the mail API. */
  readonly fetch: typeof fetch;
  /** Passwords that are hashed at once: as many as there are cores. */
  readonly cores: number;
  /** Rounds of the password hash; fewer in a test alone. {@linkcode PASSWORD_ITERATIONS} by default. */
  readonly passwordIterations?: number;
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
  /** Hashes and verifies passwords. */
  readonly hasher: PasswordHasher;
  /** The only way to mail; null: none is sent. */
  readonly transport: Transport | null;
  /** What goes on after an answer. */
  readonly background: Background;
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
    appstore: new Appstore({ config: config.amazon, clock, log, fetch }),
    hasher: new PasswordHasher({ iterations: passwordIterations, queue: new HashQueue(cores) }),
    transport: config.mail === null ? null : createTransport(config.mail, { fetch }),
    background: new Background(log),
  };
}
