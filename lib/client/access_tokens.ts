/**
 * Keeps a short-lived access token for the app's other back ends, and renews it before it ends.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { AccessToken } from "./contract.ts";
import { isText } from "./foreign.ts";
import type { Send, ServiceResponse } from "./transport.ts";

/** An access token is renewed when so much of its life is over. */
const RENEW_AT = 0.8;

/** The access tokens of one device. */
export interface AccessTokens {
  /**
   * Returns a token of a session. Calls at the same time share one request.
   *
   * @returns Null when the service gives none.
   */
  get(sessionToken: string): Promise<string | null>;
  /** Forgets a token that a back end has refused. */
  drop(accessToken: string): void;
}

interface Kept {
  readonly session: string;
  readonly token: string;
  readonly since: number;
  readonly lifeMs: number;
}

/**
 * Creates the access tokens of a device.
 *
 * @param onRefused Is called when the service says that the session has ended.
 */
export function createAccessTokens(
  { send, clock, onRefused }: {
    readonly send: Send;
    readonly clock: Clock;
    readonly onRefused: (sessionToken: string) => void;
  },
): AccessTokens {
  let kept: Kept | null = null;
  const running = new Map<string, Promise<string | null>>();

  /** The part of the life of the kept token that is over. A clock that was set back makes the token look used up. */
  function age(session: string): number {
    if (kept?.session !== session) return Infinity;
    const ms = clock.now() - kept.since;
    return ms < 0 ? Infinity : ms / kept.lifeMs;
  }

  async function renew(session: string): Promise<string | null> {
    const since = clock.now();
    const response = await send({ method: "POST", path: "/v1/access-tokens", token: session, body: {} });
    const given = tokenIn(response);
    if (given) kept = { session, token: given.access_token, since, lifeMs: given.expires_in * 1000 };
    else if (!response.ok && response.problem?.code === "invalid_session") onRefused(session);
    return given?.access_token ?? (age(session) < 1 ? kept!.token : null);
  }

  return {
    async get(session) {
      if (age(session) < RENEW_AT) return kept!.token;
      const shared = running.get(session) ?? renew(session).finally(() => running.delete(session));
      running.set(session, shared);
      return await shared;
    },
    drop(token) {
      if (kept?.token === token) kept = null;
    },
  };
}

function tokenIn(response: ServiceResponse): AccessToken | null {
  const body = response.ok ? response.body as Partial<AccessToken> | null : null;
  return isText(body?.access_token) && Number(body.expires_in) > 0 ? body as AccessToken : null;
}
