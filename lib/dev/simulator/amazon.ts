/**
 * What the simulated Amazon remembers and decides: codes, access tokens, and its answers to the two calls.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { type Answer, errorAnswer, htmlAnswer, jsonAnswer } from "./replies.ts";
import type { Profile } from "./customers.ts";
import type { Endpoint, Json } from "./faults.ts";
import { parseCode, type PlannedFault, type Scenario } from "./scenarios.ts";

/** Codes, tokens and requests that are kept; the oldest go first. */
export const MAX_KEPT = 10_000;
/** How long a code can be exchanged. The guide says only that it expires. */
export const CODE_TTL_MS = 5 * 60 * 1000;
/** How long an access token is valid: `expires_in` of the guide's "Access token response". */
export const TOKEN_TTL_SECONDS = 3600;

/** The simulated Amazon, without HTTP. */
export interface Amazon {
  /** See `Simulator.issueCode`. */
  issueCode(scenario: string, options?: { clientId?: string }): string;
  /** Answers the Get Access Token API, given the parameters of query and body. */
  token(parameters: URLSearchParams): Answer;
  /** Answers the Get User Profile API, given its URL and the `Authorization` header. */
  profile(url: URL, authorization: string | null): Answer;
}

interface IssuedCode {
  scenario: Scenario;
  issuedAt: number;
  spent: boolean;
  turns: Turns;
}

interface IssuedToken {
  profile: Profile;
  expiresAt: number;
  faults: readonly PlannedFault[];
  turns: Turns;
}

/** To how many requests each fault has happened. */
type Turns = Map<PlannedFault, number>;

/**
 * Starts with nothing issued.
 *
 * @param options.clients Secrets by client id, at least one.
 */
export function createAmazon({ clock, clients }: { clock: Clock; clients: Map<string, string> }): Amazon {
  const clientIds = [...clients.keys()];
  const codes = new Map<string, IssuedCode>();
  const tokens = new Map<string, IssuedToken>();

  function issueCode(scenario: string, { clientId }: { clientId?: string } = {}): string {
    const client = clientId === undefined ? "" : `@${clientId}`;
    const code = `${scenario}${client}.${randomBytes(8).toString("hex")}`;
    if (!findCode(code)) throw new RangeError(`Unknown customer, fault or client in "${scenario}${client}"`);
    return code;
  }

  /** A code that is seen for the first time is issued now. */
  function findCode(code: string): IssuedCode | undefined {
    const known = codes.get(code);
    if (known) return known;
    const scenario = parseCode(code, clientIds);
    if (!scenario) return undefined;
    const issued = { scenario, issuedAt: clock.now(), spent: false, turns: new Map() };
    keep(codes, code, issued);
    return issued;
  }

  function token(parameters: URLSearchParams): Answer {
    const values = ["grant_type", "code", "client_id", "client_secret"].map((name) =>
      single(parameters, name)
    );
    if (!values.every((value) => value !== undefined)) {
      return errorAnswer(400, "invalid_request", "A required parameter is missing, empty or repeated");
    }
    const [grantType, code, clientId, clientSecret] = values as [string, string, string, string];
    if (grantType !== "authorization_code") {
      return errorAnswer(400, "unsupported_grant_type", "The grant_type must be authorization_code");
    }
    if (clients.get(clientId) !== clientSecret) {
      return errorAnswer(400, "invalid_client", "The client authentication failed");
    }
    const issued = findCode(code);
    if (!issued || clock.now() >= issued.issuedAt + CODE_TTL_MS || issued.scenario.clientId !== clientId) {
      return errorAnswer(400, "invalid_grant", "The code is unknown, expired or of another client");
    }
    const faults = takeTurns("token", issued.scenario.faults, issued.turns);
    // A fault that spares the code answers in Amazon's place, so what is passed to it does not matter.
    const usable = !issued.spent && !faults.some((fault) => fault.spares?.(fault.value));
    return apply(
      faults,
      usable ? grant(issued, faults) : errorAnswer(400, "invalid_grant", "The code was spent"),
    );
  }

  function grant(issued: IssuedCode, faults: readonly PlannedFault[]): Answer {
    issued.spent = true;
    const { scenario } = issued;
    const json = reshape(faults, {
      access_token: `Atza|${randomBytes(300).toString("base64url")}`,
      token_type: "bearer",
      expires_in: TOKEN_TTL_SECONDS,
      refresh_token: `Atzr|${randomBytes(300).toString("base64url")}`,
    });
    // Whatever was given works, so a client that takes what it should not is found out.
    keep(tokens, String(json.access_token), {
      profile: scenario.customer.profile(scenario.nonce),
      expiresAt: clock.now() + TOKEN_TTL_SECONDS * 1000,
      faults: scenario.faults,
      turns: new Map(),
    });
    return jsonAnswer(200, json);
  }

  function profile(url: URL, authorization: string | null): Answer {
    // URLSearchParams encodes the | of a token; Amazon's front end takes no raw one.
    if (url.search.includes("|")) return htmlAnswer(400);
    const bearer = /^Bearer +(.+)$/i.exec(authorization ?? "")?.[1];
    const given = [...url.searchParams.getAll("access_token"), bearer].filter((value) => value);
    if (given.length !== 1) {
      return errorAnswer(400, "invalid_request", "The access_token is missing or repeated");
    }
    const issued = tokens.get(given[0]!);
    if (!issued || clock.now() >= issued.expiresAt) {
      return errorAnswer(400, "invalid_token", "The access token is unknown or expired");
    }
    const faults = takeTurns("profile", issued.faults, issued.turns);
    return apply(faults, jsonAnswer(200, reshape(faults, { ...issued.profile })));
  }

  return { issueCode, token, profile };
}

/** The faults of this request: every one that composes, and the first other that has a turn left. */
function takeTurns(endpoint: Endpoint, faults: readonly PlannedFault[], turns: Turns): PlannedFault[] {
  const left = faults.filter((fault) => fault.endpoint === endpoint && (turns.get(fault) ?? 0) < fault.times);
  const first = left.find((fault) => !fault.composes);
  const taken = left.filter((fault) => fault.composes || fault === first);
  for (const fault of taken) turns.set(fault, (turns.get(fault) ?? 0) + 1);
  // What composes comes last, as the other may make a new answer.
  return taken.sort((a, b) => Number(a.composes) - Number(b.composes));
}

function reshape(faults: readonly PlannedFault[], json: Json): Json {
  return faults.reduce((shaped, fault) => fault.reshape?.(shaped, fault.endpoint) ?? shaped, json);
}

function apply(faults: readonly PlannedFault[], answer: Answer): Answer {
  return faults.reduce((altered, fault) => fault.alter?.(altered, fault.value) ?? altered, answer);
}

/** RFC 6749, 3.2: an empty parameter counts as left out, and none may be repeated. */
function single(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  return others.length === 0 && value ? value : undefined;
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > MAX_KEPT) map.delete(map.keys().next().value!);
}
