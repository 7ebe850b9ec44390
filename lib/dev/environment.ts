/**
 * Defines the environment variables of development. Their secrets protect nothing.
 *
 * @module
 */
import { type Environment, VARIABLES } from "../config/config.ts";
import { MAILBOX_API_KEY } from "./mailbox/mailbox.ts";
import { CERTIFICATE_PATH, TOPIC_ARN } from "./simulator/notifications.ts";
import { SHARED_SECRET } from "./simulator/receipts.ts";

/** The Amazon clients by their app: the guide's own client and a second one. */
const DEV_CLIENTS = {
  tv: { client_id: "foodev", client_secret: "foosecret" },
  kids: { client_id: "kids", client_secret: "kidssecret" },
};

/** The client secrets by client id, for the simulator. */
export const DEV_CLIENT_SECRETS: Record<string, string> = Object.fromEntries(
  Object.values(DEV_CLIENTS).map(({ client_id, client_secret }) => [client_id, client_secret]),
);

/** Base URL of the mailbox's API. No request goes to this host: `createDevelopment` passes them to the mailbox. */
export const DEV_MAIL_URL = "https://mailbox.invalid";

/**
 * Returns the variables for a service that uses the simulator.
 *
 * @param amazonBaseUrl The simulator's URL.
 * @param port The port of the service.
 */
export function devEnvironment(amazonBaseUrl: string, port: number): Environment {
  return {
    AMAZON_CLIENTS: JSON.stringify(DEV_CLIENTS),
    AMAZON_BASE_URL: amazonBaseUrl,
    APPSTORE_SHARED_SECRET: SHARED_SECRET,
    RECEIPT_SIGN_IN: "on",
    // The key is the same in every run, so that a later run can read the local database.
    DATA_KEYS: `dev:${btoa("development only: not a secret!!")}`,
    // The example key of RFC 8037, appendix A.
    SIGNING_KEYS: JSON.stringify([{
      kty: "OKP",
      crv: "Ed25519",
      kid: "dev",
      d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
      x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }]),
    PUBLIC_URL: `http://localhost:${port}`,
    HOST: "127.0.0.1",
    PORT: String(port),
  };
}

/** What development sets itself: without it the simulator, the mailbox and the local database would not work. */
const SIMULATED = [
  "AMAZON_CLIENT_ID",
  "AMAZON_CLIENT_SECRET",
  "AMAZON_CLIENTS",
  "AMAZON_BASE_URL",
  "APPSTORE_SHARED_SECRET",
  "RVS_SANDBOX",
  "RTN_TOPIC_ARN",
  "RTN_CERTIFICATE_URL",
  "DATA_KEYS",
  "MAIL_URL",
  "MAIL_FROM",
];

/** The variables that a developer has set. */
export interface DeveloperEnvironment {
  /** Those that development takes over. */
  readonly taken: Environment;
  /** The names of those that development sets itself. */
  readonly ignored: readonly string[];
}

/** Reads the variables that a developer has set. An empty one counts as not set. */
export function readDeveloperEnvironment(get: (name: string) => string | undefined): DeveloperEnvironment {
  const given = VARIABLES.flatMap((name) => get(name) ? [[name, get(name)] as const] : []);
  return {
    taken: Object.fromEntries(given.filter(([name]) => !SIMULATED.includes(name))),
    ignored: given.flatMap(([name]) => SIMULATED.includes(name) ? [name] : []),
  };
}

/**
 * Returns the URL by which devices reach the service: that of the developer; otherwise the address in the local network
 * when the service listens on every address, or `localhost`.
 *
 * @param addresses The IPv4 addresses of this machine.
 */
export function deviceUrl(
  { PUBLIC_URL, HOST = "" }: Environment,
  { port, addresses }: { readonly port: number; readonly addresses: readonly string[] },
): string {
  if (PUBLIC_URL) return PUBLIC_URL.replace(/\/+$/, "");
  const everywhere = ["0.0.0.0", "::", "[::]"].includes(HOST);
  const local = addresses.find((address) => !address.startsWith("127."));
  const listening = HOST === "" || HOST.startsWith("127.") ? "localhost" : HOST;
  return `http://${everywhere ? local ?? "localhost" : listening}:${port}`;
}

/**
 * Returns the variables that the console adds: the app's name, mails that go to the development mailbox, and the
 * notifications of the simulator.
 *
 * @param amazonBaseUrl The simulator's URL.
 */
export function consoleEnvironment(amazonBaseUrl: string): Environment {
  return {
    RTN_TOPIC_ARN: TOPIC_ARN,
    RTN_CERTIFICATE_URL: `${amazonBaseUrl}${CERTIFICATE_PATH}`,
    MAIL_URL: DEV_MAIL_URL.replace("//", `//:${MAILBOX_API_KEY}@`),
    MAIL_FROM: "Marigold <hello@marigold.example>",
    APP_NAME: "Marigold",
    // One developer plays many customers from one address, so there is no limit.
    AMAZON_SIGN_INS_PER_MINUTE: "0",
    PASSWORD_TRIES_PER_15_MINUTES: "0",
  };
}
