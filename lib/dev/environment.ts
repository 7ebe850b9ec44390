/**
 * The environment of development: no secret in it is one.
 *
 * @module
 */
import type { Environment } from "../config/config.ts";

/** The clients that the simulator knows, by their app: the guide's own, and a second one. */
const DEV_CLIENTS = {
  tv: { client_id: "foodev", client_secret: "foosecret" },
  kids: { client_id: "kids", client_secret: "kidssecret" },
};

/** The same clients as the simulator takes them: secrets by client id. */
export const DEV_CLIENT_SECRETS: Record<string, string> = Object.fromEntries(
  Object.values(DEV_CLIENTS).map(({ client_id, client_secret }) => [client_id, client_secret]),
);

/** The one API key that the development mailbox takes. */
export const DEV_MAIL_KEY = "re_development";

/** The base of the development mailbox's API; nothing is asked of this host, see `lib/dev/development.ts`. */
export const DEV_MAIL_URL = "https://mailbox.invalid";

/**
 * The variables with which the service runs beside a simulator.
 *
 * @param amazonBaseUrl Where the simulator listens.
 * @param port Where the service will.
 */
export function devEnvironment(amazonBaseUrl: string, port: number): Environment {
  return {
    AMAZON_CLIENTS: JSON.stringify(DEV_CLIENTS),
    AMAZON_BASE_URL: amazonBaseUrl,
    // The same in every run, so that the local database can be read again.
    DATA_KEYS: `dev:${btoa("development only: not a secret!!")}`,
    PUBLIC_URL: `http://localhost:${port}`,
    HOST: "127.0.0.1",
    PORT: String(port),
  };
}

/** What the console adds to that: an app with a name, whose mails go to the development mailbox. */
export function consoleEnvironment(): Environment {
  return {
    MAIL_URL: DEV_MAIL_URL.replace("//", `//:${DEV_MAIL_KEY}@`),
    MAIL_FROM: "Marigold <hello@marigold.example>",
    APP_NAME: "Marigold",
    // One developer plays many customers.
    AMAZON_SIGN_INS_PER_MINUTE: "0",
    PASSWORD_TRIES_PER_15_MINUTES: "0",
  };
}
