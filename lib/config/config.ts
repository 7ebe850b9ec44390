/**
 * The environment, read once at start. Every fault is reported together and the process does not start with one.
 *
 * @module
 */
import { z } from "zod";
import { isThisMachine } from "../base/hosts.ts";
import { mailbox, type MailConfig, mailUrl } from "./mail.ts";

/** One app's security profile in the Amazon developer console. */
export interface AmazonClient {
  /** Its name here, as a device gives it in `app`. */
  readonly app: string;
  /** `client_id` of the profile, 1 to 256 characters. */
  readonly clientId: string;
  /** `client_secret` of the profile, 1 to 256 characters; goes to Amazon alone. */
  readonly clientSecret: string;
}

/** One key of the ring for data at rest. */
export interface DataKey {
  /** Its name, stored beside what it sealed. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** A set of environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown by {@linkcode parseConfig}; the message names every fault and how to mend it, and no value. */
export class ConfigError extends Error {
  /** What a log calls it. */
  override name = "ConfigError";
  /** One sentence for each fault, each beginning with the variable's name. */
  readonly faults: readonly string[];

  /** Puts the faults into one message. */
  constructor(faults: readonly string[]) {
    super(
      `The environment has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    );
    this.faults = faults;
    // Read by an operator at a failed start, to whom frames say nothing.
    this.stack = `${this.name}: ${this.message}`;
  }
}

const MAKE_DATA_KEYS = 'make one with: echo "k1:$(openssl rand -base64 32)"';
// With a letter first: names that are numbers would not keep their order, and the first client is the default.
const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/);
const integer = (least: number, most: number) =>
  z.string().regex(/^\d{1,9}$/, "must be a whole number").transform(Number)
    .refine((n) => n >= least && n <= most, `must be from ${least} to ${most}`);

const httpUrl = z.string({ error: "is missing: the https:// URL of this service" }).transform(
  (text, context) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url)))) {
      context.addIssue("must be an https:// URL (http:// only for this machine itself)");
      return z.NEVER;
    }
    if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
      context.addIssue("must not have a query, a fragment or a user");
      return z.NEVER;
    }
    return url.href.replace(/\/+$/, "");
  },
);

const appName = z.string().trim().min(1, "must not be blank").max(64, "must have at most 64 characters")
  .regex(/^\P{Cc}*$/u, "must not have control characters");

const dataKeys = z.string({ error: `is missing: ${MAKE_DATA_KEYS}` }).transform((text, context) => {
  const keys: DataKey[] = [];
  for (const entry of text.split(",")) {
    const [, id, base64] = /^\s*([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)\s*$/.exec(entry) ?? [];
    if (id === undefined || base64 === undefined) {
      context.addIssue(`must be id:base64(32 bytes), comma-separated: ${MAKE_DATA_KEYS}`);
      return z.NEVER;
    }
    keys.push({ id, secret: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) });
  }
  if (new Set(keys.map((key) => key.id)).size < keys.length) context.addIssue("has two keys of one id");
  // Each key costs one more check of every index in the commit of a new account.
  if (keys.length > 4) context.addIssue("has more than 4 keys: drop those that seal nothing any more");
  return keys;
});

const amazonClients = z.string().transform((text, context) => {
  const parsed = z.record(
    name,
    z.strictObject({ client_id: z.string().min(1).max(256), client_secret: z.string().min(1).max(256) }),
  ).safeParse(parseJson(text));
  if (!parsed.success || Object.keys(parsed.data).length === 0) {
    context.addIssue('must be JSON like {"tv":{"client_id":"…","client_secret":"…"}}');
    return z.NEVER;
  }
  return Object.entries(parsed.data).map(([app, { client_id, client_secret }]): AmazonClient => ({
    app,
    clientId: client_id,
    clientSecret: client_secret,
  }));
});

const variables = z.object({
  AMAZON_CLIENT_ID: z.string().max(256, "must have at most 256 characters").optional(),
  AMAZON_CLIENT_SECRET: z.string().max(256, "must have at most 256 characters").optional(),
  AMAZON_CLIENTS: amazonClients.optional(),
  AMAZON_BASE_URL: httpUrl.prefault("https://appstore-sdk.amazon.com"),
  AMAZON_TOKEN_REQUEST: z.enum(["query", "form"], "must be query or form").default("query"),
  AMAZON_PROFILE_REQUEST: z.enum(["query", "header"], "must be query or header").default("query"),
  AMAZON_TIMEOUT_MS: integer(10, 60_000).prefault("2500"),
  AMAZON_DEADLINE_MS: integer(10, 120_000).prefault("6000"),
  DATA_KEYS: dataKeys,
  KV_PATH: z.string().optional(),
  PUBLIC_URL: httpUrl,
  APP_NAME: appName.default("Oneclick"),
  MAIL_URL: mailUrl.optional(),
  MAIL_FROM: mailbox.optional(),
  PASSWORD_NUDGE_AFTER_HOURS: integer(0, 8760).prefault("24"),
  SESSION_TTL_DAYS: integer(1, 3650).prefault("365"),
  REGISTRATION: z.enum(["open", "closed"], "must be open or closed").default("open"),
  PASSWORD_TRIES_PER_15_MINUTES: integer(0, 1_000_000).prefault("10"),
  AMAZON_SIGN_INS_PER_MINUTE: integer(0, 1_000_000).prefault("60"),
  MAX_SIGN_INS_IN_FLIGHT: integer(1, 1_000_000).prefault("512"),
  TRUST_PROXY: z.enum(["true", "false"], "must be true or false").default("false"),
  PORT: integer(0, 65_535).prefault("8000"),
  HOST: z.string().default("0.0.0.0"),
  LOG_LEVEL: z.enum(["debug", "info", "warning", "error"], "must be debug, info, warning or error").default(
    "info",
  ),
});

/** What the service was told to do, as {@linkcode parseConfig} read it. */
export interface Config {
  /** The Amazon clients, at least one; the first is the default. */
  readonly amazonClients: readonly AmazonClient[];
  /** Where Amazon's two endpoints are, without a slash at the end. */
  readonly amazonBaseUrl: string;
  /** Where the parameters of the token request go: as the guide shows them, or in a form body. */
  readonly amazonTokenRequest: "query" | "form";
  /** Where the access token of the profile request goes: as the guide shows it, or in `Authorization`. */
  readonly amazonProfileRequest: "query" | "header";
  /** Milliseconds that one call to Amazon may take. */
  readonly amazonTimeoutMs: number;
  /** Milliseconds that a whole sign-in may take. */
  readonly amazonDeadlineMs: number;
  /** The key ring, at least one; the first seals, all open. */
  readonly dataKeys: readonly DataKey[];
  /** A file or the URL of a KV service; `undefined`: the platform's own database. */
  readonly kvPath: string | undefined;
  /** How customers and devices reach the service, without a slash at the end. */
  readonly publicUrl: string;
  /** The name by which customers know the app, 1 to 64 characters. */
  readonly appName: string;
  /** Where mail goes out, and whom it comes from; null: no mail is sent. */
  readonly mail: MailConfig | null;
  /** Milliseconds after which a one-click customer is asked by mail to choose a password; 0: never. */
  readonly passwordNudgeAfterMs: number;
  /** Milliseconds for which an unused session lives. */
  readonly sessionTtlMs: number;
  /** Whether customers may sign up with email and password. */
  readonly registration: "open" | "closed";
  /** Wrong passwords of one account, and these or sign-ups of one client address, in 15 minutes; 0: any number. */
  readonly passwordTriesPer15Minutes: number;
  /** One-click sign-ins that one client address may make in a minute; 0: any number. */
  readonly amazonSignInsPerMinute: number;
  /** One-click sign-ins that this instance works on at once. */
  readonly maxSignInsInFlight: number;
  /** Whether the last hop of `X-Forwarded-For` is the client's address. */
  readonly trustProxy: boolean;
  /** TCP port to listen on, 0 to 65,535; 0: any free one. */
  readonly port: number;
  /** Name or address to listen on. */
  readonly host: string;
  /** The lowest level that is logged. */
  readonly logLevel: "debug" | "info" | "warning" | "error";
}

/**
 * Reads the environment. A variable that is empty counts as not set.
 *
 * @throws {ConfigError} that names every fault at once.
 */
export function parseConfig(env: Environment): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = variables.safeParse(given);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`);
  faults.push(...amazonClientFaults(given));
  if (parsed.success && parsed.data.AMAZON_DEADLINE_MS < parsed.data.AMAZON_TIMEOUT_MS) {
    faults.push("AMAZON_DEADLINE_MS must not be less than AMAZON_TIMEOUT_MS");
  }
  if ((given.MAIL_URL === undefined) !== (given.MAIL_FROM === undefined)) {
    faults.push("MAIL_URL and MAIL_FROM must be set together");
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const it = parsed.data;
  return {
    amazonClients: it.AMAZON_CLIENTS ??
      [{ app: "default", clientId: it.AMAZON_CLIENT_ID ?? "", clientSecret: it.AMAZON_CLIENT_SECRET ?? "" }],
    amazonBaseUrl: it.AMAZON_BASE_URL,
    amazonTokenRequest: it.AMAZON_TOKEN_REQUEST,
    amazonProfileRequest: it.AMAZON_PROFILE_REQUEST,
    amazonTimeoutMs: it.AMAZON_TIMEOUT_MS,
    amazonDeadlineMs: it.AMAZON_DEADLINE_MS,
    dataKeys: it.DATA_KEYS,
    kvPath: it.KV_PATH,
    publicUrl: it.PUBLIC_URL,
    appName: it.APP_NAME,
    mail: it.MAIL_URL && it.MAIL_FROM ? { server: it.MAIL_URL, from: it.MAIL_FROM } : null,
    passwordNudgeAfterMs: it.PASSWORD_NUDGE_AFTER_HOURS * 3_600_000,
    sessionTtlMs: it.SESSION_TTL_DAYS * 86_400_000,
    registration: it.REGISTRATION,
    passwordTriesPer15Minutes: it.PASSWORD_TRIES_PER_15_MINUTES,
    amazonSignInsPerMinute: it.AMAZON_SIGN_INS_PER_MINUTE,
    maxSignInsInFlight: it.MAX_SIGN_INS_IN_FLIGHT,
    trustProxy: it.TRUST_PROXY === "true",
    port: it.PORT,
    host: it.HOST,
    logLevel: it.LOG_LEVEL,
  };
}

function amazonClientFaults(given: Environment): string[] {
  const one = ["AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET"];
  const set = one.filter((variable) => given[variable] !== undefined);
  if (given.AMAZON_CLIENTS !== undefined) {
    return set.map((variable) => `${variable} must not be set beside AMAZON_CLIENTS`);
  }
  return one.filter((variable) => !set.includes(variable)).map((variable) =>
    `${variable} is missing: take it from the app's security profile in the Amazon developer console, or set AMAZON_CLIENTS for several apps`
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
