/**
 * The services: the parts of the whole, made once and handed in. No code below reads the environment, the clock or the
 * network by itself.
 *
 * @module
 */
import { Appstore } from "./amazon/appstore.ts";
import type { Connect } from "./amazon/connection.ts";
import { Rvs } from "./amazon/rvs.ts";
import { Sns } from "./amazon/sns.ts";
import { Background } from "./base/background.ts";
import { Stopping } from "./base/stopping.ts";
import { NO_TELEMETRY, type Telemetry } from "./base/telemetry.ts";
import type { Clock } from "./base/clock.ts";
import type { Config } from "./config/config.ts";
import { Connection } from "./kv/connection.ts";
import { Database } from "./kv/database.ts";
import type { Disk } from "./kv/disk_reserve.ts";
import { KeyCheck } from "./kv/key_check.ts";
import { Keyring } from "./kv/keyring.ts";
import type { Log } from "./base/log.ts";
import { RateLimit } from "./limits/rate_limit.ts";
import type { TriesUnderWay } from "./limits/under_way.ts";
import { CENSUS_ONE_IN } from "./sessions/crowd.ts";
import { SessionUpkeep } from "./sessions/upkeep.ts";
import { HashQueue } from "./passwords/hash_queue.ts";
import { createTransport, type Transport } from "./mail/transports.ts";
import { AccessTokenSigner } from "./tokens/access_token_signer.ts";
import { createWebhookSender, type WebhookSender } from "./webhooks/webhook_sender.ts";
import { PASSWORD_ITERATIONS, PasswordHasher } from "./passwords/hashing.ts";

/** Tokens of one client address in a minute that may turn out to be none. Devices that were signed out have one each. */
const BAD_TOKENS_PER_MINUTE = 120;

/** The parts that differ between production, development and a test. */
export interface Surroundings {
  /** The configuration, as `parseConfig` read it. */
  readonly config: Config;
  /** The open database. `db.close()` closes it, or the one that has taken its place. */
  readonly kv: Deno.Kv;
  /** Opens the same database again when it has gone silent. Without it, the database is never opened again. */
  readonly openKv?: () => Promise<Deno.Kv>;
  /** The disk of a database file. Without it, nobody looks after the disk. */
  readonly disk?: Disk | undefined;
  /**
   * The sessions of an account are counted beside one sign-in in so many; 0: never. By default
   * {@linkcode CENSUS_ONE_IN}.
   */
  readonly censusOneIn?: number;
  /** Returns numbers from 0 up to 1, which spread retries; `Math.random` by default. */
  readonly random?: () => number;
  /** The machine's clock, or one that a test moves. */
  readonly clock: Clock;
  /** Writes the log. */
  readonly log: Log;
  /** Takes spans and measurements; nobody by default. */
  readonly telemetry?: Telemetry | undefined;
  /** The global `fetch`, or one that reaches a stand-in for Amazon and the mail API. */
  readonly fetch: typeof fetch;
  /** Tries whether Amazon can be reached, while its answer is late. Absent: it is taken for reachable. */
  readonly connect?: Connect | undefined;
  /** The number of processor cores: as many passwords are hashed at once. */
  readonly cores: number;
  /** The check of the key ring, when it was made before; a new one by default. */
  readonly keyCheck?: KeyCheck | undefined;
  /** Rounds of the password hash. Only tests have fewer than the default, {@linkcode PASSWORD_ITERATIONS}. */
  readonly passwordIterations?: number;
}

/** The services that use cases work with. */
export interface Services {
  /** The configuration of the operator. */
  readonly config: Config;
  /** Tells the time and sets timers. */
  readonly clock: Clock;
  /** Writes the log. */
  readonly log: Log;
  /** Takes spans and measurements. */
  readonly telemetry: Telemetry;
  /** Seals, opens and indexes with `config.dataKeys`. */
  readonly keyring: Keyring;
  /** Checks the key ring against what is stored, before the first operation on the database. */
  readonly keyCheck: KeyCheck;
  /** The only way to what is stored. */
  readonly db: Database;
  /** The only way to Amazon. */
  readonly appstore: Appstore;
  /** The only way to Amazon's verification of receipts. */
  readonly rvs: Rvs;
  /** Checks the signatures of Amazon's notifications. */
  readonly sns: Sns;
  /** Hashes and verifies passwords. */
  readonly hasher: PasswordHasher;
  /** The only way to mail. Null: no mail is sent. */
  readonly transport: Transport | null;
  /** Signs access tokens. Null: there are no signing keys. */
  readonly accessTokens: AccessTokenSigner | null;
  /** The only way to the app's back end. Null: no webhook is sent. */
  readonly webhooks: WebhookSender | null;
  /** Runs the work that goes on after a response. */
  readonly background: Background;
  /** Renews and counts sessions beside the requests. */
  readonly upkeep: SessionUpkeep;
  /** Knows the passwords that are being checked here, by client address. */
  readonly triesUnderWay: TriesUnderWay;
  /** Counts the tokens of a client address that are none. Each one costs a strong read. */
  readonly badTokens: RateLimit;
  /** The sessions of an account are counted beside one sign-in in so many; 0: never. */
  readonly censusOneIn: number;
  /** Tells the parts about a stop. */
  readonly stopping: Stopping;
}

/** Puts the services together. */
export function createServices(
  {
    config,
    kv,
    openKv,
    disk,
    random = Math.random,
    censusOneIn = CENSUS_ONE_IN,
    clock,
    log,
    telemetry = NO_TELEMETRY,
    fetch,
    connect,
    cores,
    passwordIterations = PASSWORD_ITERATIONS,
    ...made
  }: Surroundings,
): Services {
  const keyring = new Keyring(config.dataKeys);
  const [signingKey] = config.accessTokens.keys;
  const background = new Background(log);
  const connection = new Connection({ kv, openKv, disk, clock, log });
  const keyCheck = made.keyCheck ?? new KeyCheck({
    // The connection can be replaced.
    get kv() {
      return connection.kv;
    },
    keyring,
    clock,
    log,
  });
  return {
    config,
    clock,
    log,
    telemetry,
    keyring,
    keyCheck,
    db: new Database({ kv, connection, keyring, clock, random, keyCheck, telemetry }),
    appstore: new Appstore({ config: config.amazon, clock, log, fetch, connect }),
    rvs: new Rvs({
      config: { ...config.amazon, sandbox: config.purchases.sandbox },
      clock,
      log,
      fetch,
    }),
    sns: new Sns({
      config: { certificateUrl: config.purchases.certificateUrl, timeoutMs: config.amazon.timeoutMs },
      clock,
      fetch,
    }),
    hasher: new PasswordHasher({
      iterations: passwordIterations,
      queue: new HashQueue(cores, random),
      telemetry,
    }),
    transport: config.mail === null ? null : createTransport(config.mail, { fetch, clock }),
    accessTokens: signingKey === undefined ? null : new AccessTokenSigner(signingKey),
    webhooks: config.webhook === null ? null : createWebhookSender(config.webhook, { fetch, clock }),
    background,
    upkeep: new SessionUpkeep({ background, clock, log }),
    censusOneIn,
    triesUnderWay: new Map(),
    badTokens: new RateLimit(clock, BAD_TOKENS_PER_MINUTE),
    stopping: new Stopping(),
  };
}
