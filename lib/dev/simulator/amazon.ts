/**
 * Issues codes and access tokens, and decides the responses of Amazon's two endpoints.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import type { Profile } from "./customers.ts";
import { parseCode, type ParsedCode, type PlannedFault } from "./codes.ts";
import type { Endpoint, Json } from "./faults.ts";
import { errorResponse, htmlResponse, jsonResponse, type SimulatedResponse } from "./responses.ts";

/** The most codes, tokens and requests that the simulator keeps. It drops the oldest first. */
export const MAX_KEPT = 10_000;
/** The life time of a code. The guide says only that a code expires. */
const CODE_TTL_MS = 5 * 60 * 1000;
/** The life time of an access token: `expires_in` of the guide's "Access token response". */
const TOKEN_TTL_SECONDS = 3600;

/** The simulated Amazon, without HTTP. */
export interface Amazon {
  /** Issues a code, see `Simulator.issueCode`. */
  issueCode(scenario: string, options?: { clientId?: string }): string;
  /** Changes the profile of a customer from now on, for the refresh tokens that were given out. */
  editProfile(userId: string, changes: Partial<Profile>): void;
  /** Takes all refresh tokens back that were given out so far. */
  revokeRefreshTokens(): void;
  /**
   * Responds as the Get Access Token API does, given the parameters of query and body. The guide names the refresh token
   * and documents no request for it: the simulator takes that of RFC 6749, section 6.
   */
  token(parameters: URLSearchParams): SimulatedResponse;
  /** Responds as the Get User Profile API does, given the URL and the `Authorization` header. */
  profile(url: URL, authorization: string | null): SimulatedResponse;
}

interface IssuedCode {
  parsed: ParsedCode;
  issuedAt: number;
  spent: boolean;
  faultCounts: FaultCounts;
}

interface IssuedToken {
  profile: Profile;
  expiresAt: number;
  faults: readonly PlannedFault[];
  faultCounts: FaultCounts;
}

/** The number of requests that each fault has happened to. */
type FaultCounts = Map<PlannedFault, number>;

/**
 * Creates a simulated Amazon that has issued nothing.
 *
 * @param options.clients The client secrets by client id, at least one.
 */
export function createAmazon({ clock, clients }: { clock: Clock; clients: Map<string, string> }): Amazon {
  const clientIds = [...clients.keys()];
  const codes = new Map<string, IssuedCode>();
  const tokens = new Map<string, IssuedToken>();
  const refreshTokens = new Map<string, { readonly profile: Profile; readonly clientId: string }>();
  const edits = new Map<string, Partial<Profile>>();

  function issueCode(scenario: string, { clientId }: { clientId?: string } = {}): string {
    const client = clientId === undefined ? "" : `@${clientId}`;
    const code = `${scenario}${client}.${randomBytes(8).toString("hex")}`;
    if (!findCode(code)) throw new RangeError(`Unknown customer, fault or client in "${scenario}${client}"`);
    return code;
  }

  /** Returns an issued code. A well-formed code that is seen for the first time counts as issued now. */
  function findCode(code: string): IssuedCode | undefined {
    const known = codes.get(code);
    if (known) return known;
    const parsed = parseCode(code, clientIds);
    if (!parsed) return undefined;
    const issued = { parsed, issuedAt: clock.now(), spent: false, faultCounts: new Map() };
    keep(codes, code, issued);
    return issued;
  }

  function token(parameters: URLSearchParams): SimulatedResponse {
    return parameters.get("grant_type") === "refresh_token" ? refresh(parameters) : exchange(parameters);
  }

  function refresh(parameters: URLSearchParams): SimulatedResponse {
    const values = ["refresh_token", "client_id", "client_secret"].map((name) =>
      singleValue(parameters, name)
    );
    if (!values.every((value) => value !== undefined)) {
      return errorResponse(400, "invalid_request", "A required parameter is missing, empty or repeated");
    }
    const [refreshToken, clientId, clientSecret] = values as [string, string, string];
    if (clients.get(clientId) !== clientSecret) {
      return errorResponse(400, "invalid_client", "The client authentication failed");
    }
    const issued = refreshTokens.get(refreshToken);
    if (issued?.clientId !== clientId) {
      return errorResponse(
        400,
        "invalid_grant",
        "The refresh token is unknown, revoked or of another client",
      );
    }
    const access = `Atza|${randomBytes(300).toString("base64url")}`;
    keep(tokens, access, {
      profile: { ...issued.profile, ...edits.get(issued.profile.user_id) },
      expiresAt: clock.now() + TOKEN_TTL_SECONDS * 1000,
      faults: [],
      faultCounts: new Map(),
    });
    return jsonResponse(200, {
      access_token: access,
      token_type: "bearer",
      expires_in: TOKEN_TTL_SECONDS,
      refresh_token: refreshToken,
    });
  }

  function exchange(parameters: URLSearchParams): SimulatedResponse {
    const values = ["grant_type", "code", "client_id", "client_secret"].map((name) =>
      singleValue(parameters, name)
    );
    if (!values.every((value) => value !== undefined)) {
      return errorResponse(400, "invalid_request", "A required parameter is missing, empty or repeated");
    }
    const [grantType, code, clientId, clientSecret] = values as [string, string, string, string];
    if (grantType !== "authorization_code") {
      return errorResponse(400, "unsupported_grant_type", "The grant_type must be authorization_code");
    }
    if (clients.get(clientId) !== clientSecret) {
      return errorResponse(400, "invalid_client", "The client authentication failed");
    }
    const issued = findCode(code);
    if (!issued || clock.now() >= issued.issuedAt + CODE_TTL_MS || issued.parsed.clientId !== clientId) {
      return errorResponse(400, "invalid_grant", "The code is unknown, expired or of another client");
    }
    const faults = nextFaults("token", issued.parsed.faults, issued.faultCounts);
    // A fault that spares the code replaces the response, so the response passed to it does not matter.
    const usable = !issued.spent && !faults.some((fault) => fault.spares?.(fault.value));
    return apply(
      faults,
      usable ? grant(issued, faults) : errorResponse(400, "invalid_grant", "The code was spent"),
    );
  }

  function grant(issued: IssuedCode, faults: readonly PlannedFault[]): SimulatedResponse {
    issued.spent = true;
    const { parsed } = issued;
    const json = reshape(faults, {
      access_token: `Atza|${randomBytes(300).toString("base64url")}`,
      token_type: "bearer",
      expires_in: TOKEN_TTL_SECONDS,
      refresh_token: `Atzr|${randomBytes(300).toString("base64url")}`,
    });
    keep(refreshTokens, String(json.refresh_token), {
      profile: parsed.customer.profile(parsed.nonce),
      clientId: parsed.clientId,
    });
    // Even a malformed token works at the profile endpoint. A test thereby finds a client that accepts such a token.
    keep(tokens, String(json.access_token), {
      profile: parsed.customer.profile(parsed.nonce),
      expiresAt: clock.now() + TOKEN_TTL_SECONDS * 1000,
      faults: parsed.faults,
      faultCounts: new Map(),
    });
    return jsonResponse(200, json);
  }

  function profile(url: URL, authorization: string | null): SimulatedResponse {
    // A client must encode the | of a token, as URLSearchParams does: Amazon's front end refuses a raw one.
    if (url.search.includes("|")) return htmlResponse(400);
    const bearer = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1];
    const tokensSent = [...url.searchParams.getAll("access_token"), bearer].filter((value) => value);
    if (tokensSent.length !== 1) {
      return errorResponse(400, "invalid_request", "The access_token is missing or repeated");
    }
    const issued = tokens.get(tokensSent[0]!);
    if (!issued || clock.now() >= issued.expiresAt) {
      return errorResponse(400, "invalid_token", "The access token is unknown or expired");
    }
    const faults = nextFaults("profile", issued.faults, issued.faultCounts);
    return apply(faults, jsonResponse(200, reshape(faults, { ...issued.profile })));
  }

  return {
    issueCode,
    editProfile: (userId, changes) => void edits.set(userId, { ...edits.get(userId), ...changes }),
    revokeRefreshTokens: () => refreshTokens.clear(),
    token,
    profile,
  };
}

/**
 * Returns the faults of this request and counts them: every remaining fault that combines, and the first remaining one
 * that does not.
 */
function nextFaults(
  endpoint: Endpoint,
  faults: readonly PlannedFault[],
  counts: FaultCounts,
): PlannedFault[] {
  const remaining = faults.filter((fault) =>
    fault.endpoint === endpoint && (counts.get(fault) ?? 0) < fault.times
  );
  const first = remaining.find((fault) => !fault.combines);
  const chosen = remaining.filter((fault) => fault.combines || fault === first);
  for (const fault of chosen) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  // Faults that combine come last, as the other fault may replace the response.
  return chosen.sort((a, b) => Number(a.combines) - Number(b.combines));
}

function reshape(faults: readonly PlannedFault[], json: Json): Json {
  return faults.reduce((shaped, fault) => fault.reshape?.(shaped, fault.endpoint) ?? shaped, json);
}

function apply(faults: readonly PlannedFault[], response: SimulatedResponse): SimulatedResponse {
  return faults.reduce((altered, fault) => fault.alter?.(altered, fault.value) ?? altered, response);
}

/**
 * Returns the value of a parameter; undefined when it is missing, empty or repeated. RFC 6749, section 3.2: an empty
 * parameter counts as missing, and no parameter may be repeated.
 */
function singleValue(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  return others.length === 0 && value ? value : undefined;
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > MAX_KEPT) map.delete(map.keys().next().value!);
}
