/**
 * Reads the environment once, at the start. All faults are reported together, and the process does not start with one.
 *
 * @module
 */
import { z } from "zod";
import type { AmazonClient, AmazonConfig } from "../amazon/appstore.ts";
import type { DataKey } from "../kv/keyring.ts";
import type { MailConfig } from "../mail/mail_config.ts";
import type { SigningKey } from "../tokens/signing_keys.ts";
import type { WebhookConfig } from "../webhooks/outgoing_webhook.ts";
import { amazonClients, findAmazonClientFaults, withSharedSecret } from "./amazon.ts";
import { type Brand, brandConfig, brandVariables } from "./brand.ts";
import { dataKeys } from "./data_keys.ts";
import { greetingNameOf, mailServer, sender } from "./mail.ts";
import { type PurchasesConfig, purchasesConfig, purchaseVariables } from "./purchases.ts";
import { origins } from "./cors.ts";
import { audiences, signingKeys } from "./access_tokens.ts";
import { webhookSecrets, webhookUrl } from "./webhooks.ts";
import { type Environment, findDatabaseFaults, isBranch } from "./platform.ts";
import { findStrayCharacters, issuedText } from "./plain_text.ts";
import { type TrustedProxies, trustedProxies } from "./proxies.ts";
import { httpUrl, logLevel, oneOf, wholeNumber } from "./values.ts";

export type { Environment } from "./platform.ts";

/** Thrown by {@linkcode parseConfig}. The message names every fault and its remedy, but no value. */
export class ConfigError extends Error {
  /** The error's name in the log. */
  override name = "ConfigError";
  /** One sentence for each fault. It begins with the name of the variable. */
  readonly faults: readonly string[];

  /** Makes one message of all faults. */
  constructor(faults: readonly string[]) {
    super(
      `The environment has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`,
    );
    this.faults = faults;
    // Without frames: they do not help the operator who reads this at a failed start.
    this.stack = `${this.name}: ${this.message}`;
  }
}

const clientText = issuedText(256).optional();
const hostName = z.string().regex(
  /^(?:[\w.-]+|\[?[0-9A-Fa-f:.]+\]?)$/,
  "must be a name or an address to listen on, such as 0.0.0.0",
).transform((text) => text.replace(/^\[(.*)\]$/, "$1"));
const appName = z.string().trim().min(1, "must not be blank").max(64, "must have at most 64 characters")
  .regex(/^\P{Cc}*$/u, "must not have control characters")
  .regex(/^[^\p{Bidi_Control}\u2028\u2029\ufeff\u200b]*$/u, "must not have invisible characters");

const variables = z.object({
  AMAZON_CLIENT_ID: clientText,
  AMAZON_CLIENT_SECRET: clientText,
  AMAZON_CLIENTS: amazonClients.optional(),
  AMAZON_BASE_URL: httpUrl.prefault("https://appstore-sdk.amazon.com"),
  AMAZON_TOKEN_REQUEST: oneOf("query", "form").default("query"),
  AMAZON_PROFILE_REQUEST: oneOf("query", "header").default("query"),
  AMAZON_TIMEOUT_MS: wholeNumber(10, 60_000).prefault("2500"),
  AMAZON_DEADLINE_MS: wholeNumber(10, 120_000).prefault("6000"),
  ...purchaseVariables,
  DATA_KEYS: dataKeys,
  KV_PATH: z.string().optional(),
  PUBLIC_URL: httpUrl,
  APP_NAME: appName.default("Oneclick"),
  ...brandVariables,
  MAIL_URL: mailServer.optional(),
  MAIL_FROM: sender.optional(),
  PASSWORD_NUDGE_AFTER_HOURS: wholeNumber(0, 8760).prefault("24"),
  SESSION_TTL_DAYS: wholeNumber(1, 3650).prefault("365"),
  AMAZON_KEEP_REFRESH_TOKEN: oneOf("true", "false").default("false"),
  SIGNING_KEYS: signingKeys.optional(),
  ACCESS_TOKEN_AUDIENCES: audiences.optional(),
  SESSION_MAX_DAYS: wholeNumber(1, 36500).optional(),
  CORS_ORIGINS: origins.optional(),
  WEBHOOK_URL: webhookUrl.optional(),
  WEBHOOK_SECRET: webhookSecrets.optional(),
  EVENT_RETENTION_DAYS: wholeNumber(1, 3650).prefault("365"),
  REGISTRATION: oneOf("open", "closed").default("open"),
  PASSWORD_TRIES_PER_15_MINUTES: wholeNumber(0, 1_000_000).prefault("10"),
  AMAZON_SIGN_INS_PER_MINUTE: wholeNumber(0, 1_000_000).prefault("60"),
  MAX_SIGN_INS_IN_FLIGHT: wholeNumber(1, 1_000_000).prefault("512"),
  TRUST_PROXY: trustedProxies.prefault("false"),
  PORT: wholeNumber(0, 65_535).prefault("8000"),
  HOST: hostName.default("0.0.0.0"),
  LOG_LEVEL: logLevel.prefault("info"),
  BRANCH_DELIVERY: oneOf("on", "off").default("off"),
});

/** The names of all variables that the service reads. */
export const VARIABLES: readonly string[] = Object.keys(variables.shape);

/** The settings of the service, as {@linkcode parseConfig} reads them. */
export interface Config {
  /** How Amazon is called. */
  readonly amazon: AmazonConfig;
  /** The Amazon clients, at least one. The first is the default. */
  readonly amazonClients: readonly AmazonClient[];
  /** Time limit of a whole one-click sign-in, in milliseconds. */
  readonly amazonDeadlineMs: number;
  /** How receipts are verified, and which notifications are taken. */
  readonly purchases: PurchasesConfig;
  /** The keys of the key ring, at least one. The first seals, all of them open. */
  readonly dataKeys: readonly DataKey[];
  /** A file, or the URL of a KV service. Undefined: the platform's own database. */
  readonly kvPath: string | undefined;
  /** The service's URL for customers and devices, without a trailing slash. */
  readonly publicUrl: string;
  /** The app's name for customers, 1 to 64 characters. */
  readonly appName: string;
  /** The app's logo, its colour and where customers get help. */
  readonly brand: Brand;
  /** How mail is sent. Null: no mail is sent. */
  readonly mail: MailConfig | null;
  /** Milliseconds until a one-click customer gets a mail that proposes to choose a password; 0: never. */
  readonly passwordNudgeAfterMs: number;
  /** Lifetime of an unused session, in milliseconds. */
  readonly sessionTtlMs: number;
  /** Whether Amazon's refresh tokens are kept. */
  readonly keepRefreshToken: boolean;
  /**
   * The keys of access tokens: the first signs, all are published; without any there are no access tokens. And the back
   * ends that the tokens can be for, at least one; the first is the default.
   */
  readonly accessTokens: { readonly keys: readonly SigningKey[]; readonly audiences: readonly string[] };
  /** Milliseconds after which a session ends however much it is used. Null: it lives as long as it is used. */
  readonly sessionMaxMs: number | null;
  /** The origins of web apps that may call the API; none: no web app of another origin. */
  readonly corsOrigins: readonly string[];
  /** Where events are posted. Null: nowhere. */
  readonly webhook: WebhookConfig | null;
  /** Milliseconds for which events are kept. */
  readonly eventRetentionMs: number;
  /** False on a branch of Deno Deploy: it sends no mail, posts no event, and does no work by its clock. */
  readonly delivers: boolean;
  /** Says if customers may sign up with email and password. */
  readonly registration: "open" | "closed";
  /**
   * The most wrong passwords of one account in 15 minutes, and the most wrong passwords and sign-ups of one client
   * address in 15 minutes; 0: no limit.
   */
  readonly passwordTriesPer15Minutes: number;
  /** The most one-click sign-ins of one client address in a minute; 0: no limit. */
  readonly amazonSignInsPerMinute: number;
  /** The most one-click sign-ins that this instance works on at once. */
  readonly maxSignInsInFlight: number;
  /** The proxies that are believed when they name the address of a client. */
  readonly trustProxy: TrustedProxies;
  /** TCP port to listen on, 0 to 65,535; 0: any free port. */
  readonly port: number;
  /** Name or address to listen on. */
  readonly host: string;
  /** The lowest level that is logged. */
  readonly logLevel: "debug" | "info" | "warning" | "error";
}

/** Where the settings are used. */
export interface ConfigOptions {
  /**
   * Whether the process is started to serve customers. It then needs `KV_PATH` off Deno Deploy: Deno's own place for a
   * database is its cache, which `deno clean` deletes.
   */
  readonly production?: boolean;
}

/**
 * Reads the environment. An empty variable counts as not set.
 *
 * @throws {ConfigError} when there are faults; it names all of them
 */
export function parseConfig(env: Environment, { production = false }: ConfigOptions = {}): Config {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [[name, value]]
    ),
  );
  // Read once: a parser that is compiled for speed would cost more than it brings.
  const parsed = variables.safeParse(given, { jitless: true });
  const ours = Object.entries(given).filter(([name]) => name in variables.shape);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`);
  for (const [name, fault] of findStrayCharacters(Object.fromEntries(ours))) {
    // When a schema refuses the value as well, its fault tells more, so one fault is enough.
    if (!faults.some((other) => other.startsWith(`${name} `))) faults.push(fault);
  }
  if (production) faults.push(...findDatabaseFaults(given));
  faults.push(...findAmazonClientFaults(given));
  if (parsed.success && parsed.data.AMAZON_DEADLINE_MS < parsed.data.AMAZON_TIMEOUT_MS) {
    faults.push("AMAZON_DEADLINE_MS must not be less than AMAZON_TIMEOUT_MS");
  }
  if ((given.MAIL_URL === undefined) !== (given.MAIL_FROM === undefined)) {
    faults.push("MAIL_URL and MAIL_FROM must be set together");
  }
  if ((given.WEBHOOK_URL === undefined) !== (given.WEBHOOK_SECRET === undefined)) {
    faults.push("WEBHOOK_URL and WEBHOOK_SECRET must be set together");
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  const values = parsed.data;
  // A branch has customers of its own, who may be copies of real ones.
  const delivers = values.BRANCH_DELIVERY === "on" || !isBranch(env);
  return {
    amazon: {
      baseUrl: values.AMAZON_BASE_URL,
      tokenRequest: values.AMAZON_TOKEN_REQUEST,
      profileRequest: values.AMAZON_PROFILE_REQUEST,
      timeoutMs: values.AMAZON_TIMEOUT_MS,
    },
    amazonClients: withSharedSecret(
      values.AMAZON_CLIENTS ?? [{
        app: "default",
        clientId: values.AMAZON_CLIENT_ID ?? "",
        clientSecret: values.AMAZON_CLIENT_SECRET ?? "",
      }],
      values.APPSTORE_SHARED_SECRET,
    ),
    amazonDeadlineMs: values.AMAZON_DEADLINE_MS,
    purchases: purchasesConfig(values),
    dataKeys: values.DATA_KEYS,
    kvPath: values.KV_PATH,
    publicUrl: values.PUBLIC_URL,
    appName: values.APP_NAME,
    brand: brandConfig(values),
    mail: delivers && values.MAIL_URL && values.MAIL_FROM
      ? { server: values.MAIL_URL, from: values.MAIL_FROM, hostName: greetingNameOf(values.PUBLIC_URL) }
      : null,
    passwordNudgeAfterMs: values.PASSWORD_NUDGE_AFTER_HOURS * 3_600_000,
    sessionTtlMs: values.SESSION_TTL_DAYS * 86_400_000,
    keepRefreshToken: values.AMAZON_KEEP_REFRESH_TOKEN === "true",
    accessTokens: {
      keys: values.SIGNING_KEYS ?? [],
      audiences: values.ACCESS_TOKEN_AUDIENCES ?? [values.PUBLIC_URL],
    },
    sessionMaxMs: values.SESSION_MAX_DAYS === undefined ? null : values.SESSION_MAX_DAYS * 86_400_000,
    corsOrigins: values.CORS_ORIGINS ?? [],
    webhook: delivers && values.WEBHOOK_URL && values.WEBHOOK_SECRET
      ? { url: values.WEBHOOK_URL, secrets: values.WEBHOOK_SECRET }
      : null,
    eventRetentionMs: values.EVENT_RETENTION_DAYS * 86_400_000,
    delivers,
    registration: values.REGISTRATION,
    passwordTriesPer15Minutes: values.PASSWORD_TRIES_PER_15_MINUTES,
    amazonSignInsPerMinute: values.AMAZON_SIGN_INS_PER_MINUTE,
    maxSignInsInFlight: values.MAX_SIGN_INS_IN_FLIGHT,
    trustProxy: values.TRUST_PROXY,
    port: values.PORT,
    host: values.HOST,
    logLevel: values.LOG_LEVEL,
  };
}
