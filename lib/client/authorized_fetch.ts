/**
 * Sends the app's own requests with the token of the session.
 *
 * @module
 */
import type { AccessTokens } from "./access_tokens.ts";
import type { AuthorizedInit, Client, ClientOptions } from "./client.ts";
import { tell } from "./foreign.ts";
import type { SessionKeeper } from "./session_keeper.ts";
import type { Fetch } from "./transport.ts";

/**
 * Creates {@linkcode Client.fetch}.
 *
 * @param service The service's URL, without a slash at the end.
 */
export function createAuthorizedFetch(
  service: string,
  { origins, originToken = "session" }: Pick<ClientOptions, "origins" | "originToken">,
  { fetch, keeper, accessTokens }: {
    readonly fetch: Fetch;
    readonly keeper: SessionKeeper;
    readonly accessTokens: AccessTokens;
  },
): Client["fetch"] {
  const trusted = (origins ?? []).map(withoutSlash);

  async function authorizedFetch(url: string, init: AuthorizedInit = {}): Promise<Response> {
    const target = url.startsWith("/") ? service + url : url;
    const ofService = target.startsWith(`${service}/`);
    if (!ofService && !trusted.some((origin) => target.startsWith(`${origin}/`))) {
      throw new TypeError("Not a path of the service, nor a URL of one of the origins");
    }
    const session = (await keeper.stored())?.session_token;
    const withAccessToken = session && !ofService && originToken === "access";
    const token = withAccessToken ? await accessTokens.get(session) : session;
    const headers = { ...init.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(target, { ...init, headers });
    if (response.status === 401 && session) {
      if (token && withAccessToken) accessTokens.drop(token);
      // The caller does not wait for the answer of another server.
      tell(() => keeper.forgetIfEnded(session));
    }
    return response;
  }

  return authorizedFetch;
}

/** Returns a URL without the slashes at its end. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
