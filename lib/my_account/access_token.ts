/**
 * Access tokens: how a device shows the app's other back ends who its customer is, without a request to this service.
 *
 * @module
 */
import { listEntitlements } from "../accounts/entitlements.ts";
import { Problem } from "../base/problem.ts";
import { findReceiptClient } from "../config/amazon.ts";
import { STORAGE_DEADLINE_MS } from "../kv/database.ts";
import type { Services } from "../services.ts";
import type { Authenticated } from "../sessions/authentication.ts";
import { ACCESS_TOKEN_SECONDS } from "../tokens/access_token_signer.ts";

/** An access token as the contract shows it. */
export interface AccessToken {
  /** A JWT. */
  readonly access_token: string;
  /** How the token is presented (RFC 6750). */
  readonly token_type: "Bearer";
  /** Whole seconds until the token ends. */
  readonly expires_in: number;
  /** When the token ends: RFC 3339, UTC. */
  readonly expires_at: string;
}

/**
 * Signs an access token for a session.
 *
 * @param audience The back end that it is for; undefined: the first one of the configuration.
 * @throws {Problem} `not_found` without signing keys, `invalid_request` for an audience that is not configured, or
 *   `storage_unavailable`
 */
export async function issueAccessToken(
  services: Pick<Services, "accessTokens" | "config" | "clock" | "db">,
  authenticated: Authenticated,
  audience: string | undefined,
): Promise<AccessToken> {
  const { accessTokens, config, clock } = services;
  if (accessTokens === null) throw new Problem("not_found");
  const { audiences } = config.accessTokens;
  const aud = audience ?? audiences[0];
  if (aud === undefined || !audiences.includes(aud)) {
    const message = "Must be one of the configured audiences";
    throw new Problem("invalid_request", { errors: [{ path: "/audience", message }] });
  }
  const { accountId, sessionId, session } = authenticated;
  const entitlements = await findSkus(services, accountId);
  const at = Math.floor(clock.now() / 1000) * 1000;
  const token = await accessTokens.sign({
    issuer: config.publicUrl,
    accountId,
    sessionId,
    audience: aud,
    app: session.value.app ?? config.amazonClients[0]?.app ?? "default",
    entitlements,
    at,
  });
  return {
    access_token: token,
    token_type: "Bearer",
    expires_in: ACCESS_TOKEN_SECONDS,
    expires_at: new Date(at + ACCESS_TOKEN_SECONDS * 1000).toISOString(),
  };
}

/** Finds the products that an account may use now, each once. */
async function findSkus(
  { config, clock, db }: Pick<Services, "config" | "clock" | "db">,
  accountId: string,
): Promise<string[]> {
  if (findReceiptClient(config.amazonClients, undefined) === null) return [];
  using store = db.within(STORAGE_DEADLINE_MS);
  const entitlements = await listEntitlements(store.near, { accountId, now: clock.now() });
  const usable = entitlements.filter(({ state }) => state === "active" || state === "grace");
  return [...new Set(usable.flatMap(({ sku }) => sku === null ? [] : [sku]))];
}
