/**
 * Reads the Amazon clients: `AMAZON_CLIENTS`, or `AMAZON_CLIENT_ID` and `AMAZON_CLIENT_SECRET`.
 *
 * @module
 */
import { z } from "zod";
import type { AmazonClient } from "../amazon/appstore.ts";
import type { ClientWithSecret } from "../amazon/rvs.ts";
import { issuedText } from "./plain_text.ts";
import { sharedSecret } from "./purchases.ts";

// The first client is the default, so the order counts. JavaScript moves keys that are numbers to the front of an
// object, so a name begins with a letter.
const appKey = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/);

/**
 * Reads the JSON of `AMAZON_CLIENTS`: at least one client under the name of its app.
 * @internal
 */
export const amazonClients = z.string().transform((text, context) => {
  const parsed = z.record(
    appKey,
    z.strictObject({
      client_id: issuedText(256),
      client_secret: issuedText(256),
      shared_secret: sharedSecret.optional(),
    }),
  ).safeParse(parseJson(text));
  if (!parsed.success || Object.keys(parsed.data).length === 0) {
    const stray = parsed.error?.issues.some(({ message }) => message.startsWith("must have visible ASCII"));
    context.addIssue(
      stray
        ? "has an id or a secret with characters that are not visible ASCII: look for a blank or a line feed"
        : 'must be JSON like {"tv":{"client_id":"…","client_secret":"…"}}',
    );
    return z.NEVER;
  }
  return Object.entries(parsed.data).map((
    [app, { client_id, client_secret, shared_secret }],
  ): AmazonClient => ({
    app,
    clientId: client_id,
    clientSecret: client_secret,
    ...(shared_secret === undefined ? {} : { sharedSecret: shared_secret }),
  }));
});

/**
 * Gives the developer's shared secret to the clients that name none of their own.
 * @internal
 */
export function withSharedSecret(
  clients: readonly AmazonClient[],
  sharedSecret: string | undefined,
): readonly AmazonClient[] {
  return sharedSecret === undefined ? clients : clients.map((client) => ({ sharedSecret, ...client }));
}

/**
 * Finds the client whose shared secret verifies a receipt: that of its app, or the first one that has a secret.
 *
 * @returns Null when no client has one: purchases are off.
 */
export function findReceiptClient(
  clients: readonly AmazonClient[],
  app: string | undefined,
): ClientWithSecret | null {
  const withSecret = clients.flatMap(({ sharedSecret, ...client }) =>
    sharedSecret === undefined ? [] : [{ ...client, sharedSecret }]
  );
  return withSecret.find((client) => client.app === app) ?? withSecret[0] ?? null;
}

/**
 * Checks that the environment has either `AMAZON_CLIENTS` or both variables of a single client. Returns the faults.
 * @internal
 */
export function findAmazonClientFaults(given: Readonly<Record<string, unknown>>): string[] {
  const pair = ["AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET"];
  const set = pair.filter((variable) => given[variable] !== undefined);
  if (given.AMAZON_CLIENTS !== undefined) {
    return set.map((variable) => `${variable} must not be set beside AMAZON_CLIENTS`);
  }
  return pair.filter((variable) => !set.includes(variable)).map((variable) =>
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
