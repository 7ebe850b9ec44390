/**
 * Every answer of Amazon's two endpoints, and the answer that the device gets: one table of faults. The expected answers
 * come from the contract's table of errors and from the guide's two tables of error codes.
 */
import { assert, assertEquals } from "@std/assert";
import { type Endpoint, FAULTS } from "../../lib/dev/simulator/faults.ts";
import type { ProblemBody } from "../support/bodies.ts";
import { TestService } from "../support/test_service.ts";
import { endpointOf, UPSTREAM_ANSWERS } from "../support/upstream_responses.ts";

/** Status and `next` of each code in the contract. */
const CONTRACT = {
  code_rejected: [400, "new_code"],
  code_lost: [502, "new_code"],
  consent_insufficient: [403, "sign_up"],
  profile_incomplete: [422, "sign_up"],
  upstream_rejected_client: [502, "none"],
  upstream_unavailable: [503, "retry"],
  upstream_invalid: [502, "new_code"],
} as const;

/** The expected result when every attempt of a first sign-in has a fault, and a second sign-in has none. */
interface Cell {
  code: keyof typeof CONTRACT | "signed_in";
  /** How often the request with the fault is sent. */
  tries: number;
  /** How often the request is sent without the fault after that, in the same sign-in; 0 by default. */
  more?: number;
  /** The result of the second sign-in, with the same code and key. */
  afterwards: "signed_in" | "code_rejected";
  retryAfter?: number;
  /** The time of the first sign-in in simulated milliseconds, where no random pause is part of it. */
  ms?: number;
}

type Row = [fault: string, token: Cell | null, profile: Cell | null];

/** Amazon refused the request or did not get it: the code is still good. */
const spared = (code: Cell["code"], tries = 1, more: Partial<Cell> = {}): Cell => ({
  code,
  tries,
  afterwards: "signed_in",
  ...more,
});
/** Amazon spent the code, and the service has no token for it. */
const spent = (code: Cell["code"], more: Partial<Cell> = {}): Cell => ({
  code,
  tries: 1,
  afterwards: "code_rejected",
  ...more,
});
/** The answer was lost, so the code was sent once more: Amazon had spent it. */
const lost: Cell = spent("code_lost", { more: 1 });
/** The token is stored: the second sign-in goes on with it. */
const kept = spared;
const fine = spared("signed_in");
const busy = (tries: number, retryAfter = 1, ms?: number) =>
  spared("upstream_unavailable", tries, { retryAfter, ...(ms === undefined ? {} : { ms }) });

/** The contract's code for each error of the guide. Null: the guide's table of the endpoint has no such error. */
const DOCUMENTED: [error: string, token: Cell["code"] | null, profile: Cell["code"] | null][] = [
  ["invalid_request", "upstream_rejected_client", "upstream_invalid"],
  ["invalid_client", "upstream_rejected_client", null],
  ["invalid_grant", "code_rejected", null],
  ["unauthorized_client", "upstream_rejected_client", null],
  ["unsupported_grant_type", "upstream_rejected_client", null],
  ["invalid_token", null, "upstream_invalid"],
  ["insufficient_scope", null, "consent_insufficient"],
  ["ServerError", "upstream_unavailable", "upstream_unavailable"],
];

/** The JSON field `error` decides, with any status but 429. Only 429 and 5xx are tried again. */
const documentedRows = DOCUMENTED.flatMap(([error, token, profile]) =>
  [400, 401, 403, 429, 500, 503].map((status): Row => {
    const cell = (code: Cell["code"] | null, most: number): Cell | null => {
      if (code !== null && status === 429) return busy(most);
      if (code !== "upstream_unavailable") return code && spared(code);
      return busy(status === 429 || status >= 500 ? most : 1);
    };
    return [`${error}-${status}`, cell(token, 2), cell(profile, 3)];
  })
);

const TABLE: Row[] = [
  ...documentedRows,

  ["401", spared("upstream_rejected_client"), kept("consent_insufficient")],
  ["400", spared("upstream_invalid"), kept("upstream_invalid")],
  ["403", spared("upstream_invalid"), kept("upstream_invalid")],
  ["404", spared("upstream_invalid"), kept("upstream_invalid")],
  ["204", spent("upstream_invalid"), kept("upstream_invalid")],
  ["429", busy(2), busy(3)],
  ["429-0", busy(2), busy(3)],
  ["429-2", busy(2, 2, 2000), busy(3, 2, 4000)],
  ["429-4", busy(2, 4, 4000), busy(2, 4, 4000)], // a third try would be past the deadline
  ["429-30", busy(1, 30, 0), busy(1, 30, 0)],
  ["500", busy(2), busy(3)],
  ["502", busy(2), busy(3)],
  ["503-2", busy(2, 2, 2000), busy(3, 2, 4000)],
  ["504", busy(2), busy(3)],

  ["html", spent("upstream_invalid"), kept("upstream_invalid")],
  ["html-400", spared("upstream_invalid"), kept("upstream_invalid")],
  ["html-502", busy(2), busy(3)],
  ["empty", spent("upstream_invalid"), kept("upstream_invalid")],
  ["truncated", spent("upstream_invalid"), kept("upstream_invalid")],
  ["null", spent("upstream_invalid"), kept("upstream_invalid")],
  ["array", spent("upstream_invalid"), kept("upstream_invalid")],
  ["bom", fine, fine],
  ["latin1", spent("upstream_invalid"), kept("upstream_invalid")],
  ["duplicate", fine, fine],
  ["wrong_types", spent("upstream_invalid"), kept("upstream_invalid")],
  ["no_token", spent("upstream_invalid"), null],
  ["no_user_id", null, kept("upstream_invalid")],
  ["extra", fine, fine],
  ["oversize", spent("upstream_invalid"), kept("upstream_invalid")],
  ["endless", spent("upstream_invalid"), kept("upstream_invalid")],
  ["legacy", null, kept("upstream_invalid")],
  ["long_token", fine, null],
  ["too_long_token", spent("upstream_invalid"), null],
  ["short_token", fine, null],
  ["text_expires", fine, null],
  ["bare", fine, null],
  ["mac", spent("upstream_invalid"), null],
  ...[301, 302, 303, 307, 308].map((status): Row => [
    `redirect-${status}`,
    spent("upstream_invalid"),
    kept("upstream_invalid"),
  ]),

  // A code whose answer was lost is sent once more. The profile is asked for again, unless its answer was only late.
  ["delay-300", spared("signed_in", 1, { ms: 300 }), kept("signed_in", 1, { ms: 300 })],
  ["delay-2400", spared("signed_in", 1, { ms: 2400 }), kept("signed_in", 1, { ms: 2400 })],
  ["delay-3000", lost, busy(1, 1, 2500)],
  ["hang", lost, busy(1, 1, 2500)],
  ["stall", lost, busy(1, 1, 2500)],
  ["drip", lost, busy(1, 1, 2500)],
  ["drop", lost, busy(3)],
  ["cut", lost, busy(3)],
  // A request that cannot have reached Amazon is sent again.
  ["refused", busy(2), busy(3)],
  ["refused, told as Deno before 2.9 did", busy(2), busy(3)],
  ["tls failure", busy(2), busy(3)],
  ["unknown name", busy(2), busy(3)],
  ["handshake closed", busy(2), busy(3)],
  ["http/2 refused stream", busy(2), busy(3)],
  ["http/2 enhance your calm", busy(2), busy(3)],
  ["http/2 inadequate security", busy(2), busy(3)],
  ["http/2 needs http/1.1", busy(2), busy(3)],
  // Nobody knows whether Amazon got it. It did not: so the second token request succeeds.
  ["lost on its way to Amazon", spared("signed_in", 1, { more: 1 }), busy(3)],
  ["http/2 cancel", spared("signed_in", 1, { more: 1 }), busy(3)],
  // A complete answer is used, also when its connection breaks after it or its status is an error.
  ["complete, then reset", fine, fine],
  ["complete, but shorter than declared", fine, fine],
  ["complete error, then reset", spared("code_rejected"), kept("consent_insufficient")],
  ["complete, and NULs", fine, fine],
  ["complete, and the end of a chunk", fine, fine],
  ["complete, and a page", fine, fine],
  ["complete, and once more", fine, fine],
  ["status 400 with the answer", fine, fine],
  ["status 401 with the answer", fine, fine],
  ["status 500 with the answer", fine, fine],
  ["status 503 with the answer", fine, fine],
  ["status 302 with the answer", spent("upstream_invalid"), kept("upstream_invalid")],
  ["status 429 with the answer", spent("code_rejected", { more: 1 }), busy(3)],
  ["ServerError at status 200", spent("upstream_unavailable", { retryAfter: 1 }), busy(1)],
  ["error beside the answer", fine, fine],
  ["408", busy(2), busy(3)],
  ["421", busy(2), busy(3)],
  ["425", busy(2), busy(3)],

  ["no type", fine, null],
  ["type Bearer", fine, null],
  ["empty token", spent("upstream_invalid"), null],
  ["token with a lone surrogate", spent("upstream_invalid"), null],
  ["token with a line feed", spent("upstream_invalid"), null],
  ["expires_in 0", fine, null],
  ["error at status 200", spent("code_rejected"), kept("consent_insufficient")],
  ["unknown error 400", spared("upstream_invalid"), kept("upstream_invalid")],
  ["unknown error 401", spared("upstream_rejected_client"), kept("consent_insufficient")],
  ["unknown error 500", busy(2), busy(3)],
  ["error of another type", spared("upstream_invalid"), kept("upstream_invalid")],
  ["error of the other endpoint", spared("upstream_invalid"), kept("upstream_invalid")],
  ["error __proto__", spared("upstream_invalid"), kept("upstream_invalid")],
  ["html 401", spared("upstream_rejected_client"), kept("consent_insufficient")],
  ["retry-after as a date", busy(2), busy(3)],
  ["retry-after of a day", busy(1, 60, 0), busy(1, 60, 0)],
  ["empty user_id", null, kept("upstream_invalid")],
  ["user_id null", null, kept("upstream_invalid")],
  ["user_id of 1025 characters", null, kept("upstream_invalid")],
  ["email as number", null, kept("profile_incomplete")],
  ["email null", null, kept("profile_incomplete")],
  ["email without @", null, kept("profile_incomplete")],
  ["name as object", null, fine],
  ["postal_code null", null, fine],
];

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const DEADLINE_MS = 6000;

Deno.test("the table has a cell for every fault of the simulator at each of its endpoints", () => {
  const kindOf = (fault: string) =>
    fault in UPSTREAM_ANSWERS ? fault : fault.replace(/^\d{3}/, "STATUS").split("-")[0];
  const cells = new Set(TABLE.flatMap(([fault, token, profile]) => [
    ...(token ? [`token ${kindOf(fault)}`] : []),
    ...(profile ? [`profile ${kindOf(fault)}`] : []),
  ]));
  const wanted = Object.entries(FAULTS).flatMap(([kind, { endpoints }]) =>
    endpoints.map((endpoint) => `${endpoint} ${kind}`)
  );
  assertEquals(wanted.filter((cell) => !cells.has(cell)), []);
  const others = Object.keys(UPSTREAM_ANSWERS);
  assertEquals(others.filter((kind) => !cells.has(`token ${kind}`) && !cells.has(`profile ${kind}`)), []);
});

for (const [fault, token, profile] of TABLE) {
  if (token) Deno.test(`token ${fault} gives ${token.code}`, () => assertCell("token", fault, token));
  if (profile) {
    Deno.test(`profile ${fault} gives ${profile.code}`, () => assertCell("profile", fault, profile));
  }
}

async function assertCell(endpoint: Endpoint, fault: string, cell: Cell): Promise<void> {
  const sent = { token: 0, profile: 0 };
  await using service = await TestService.open({
    wrapFetch: (fetch) => (input, init) => {
      const url = String(input);
      const at = endpointOf(url);
      const intercept = UPSTREAM_ANSWERS[fault];
      const faulty = intercept !== undefined && at === endpoint && sent[at] < cell.tries;
      sent[at]++;
      return faulty ? intercept(url, () => fetch(input, init)) : fetch(input, init);
    },
  });
  const code = fault in UPSTREAM_ANSWERS ? "mork.1" : `mork~${endpoint}-${fault}*${cell.tries}.1`;
  const ask = () => service.clock.advanceUntil(service.signIn(code, { key: KEY }));

  const { value: response, ms } = await ask();
  const body = await response.json();
  if (cell.code === "signed_in") {
    assertEquals(response.status, 201);
  } else {
    const [status, next] = CONTRACT[cell.code];
    const problem: ProblemBody = body;
    assertEquals([response.status, problem.code, problem.next], [status, cell.code, next]);
    assertEquals(response.headers.get("content-type"), "application/problem+json");
  }
  assertEquals(response.headers.get("retry-after"), cell.retryAfter?.toString() ?? null);
  const tries = cell.tries + (cell.more ?? 0);
  const profiles = endpoint === "profile" ? tries : cell.code === "signed_in" ? 1 : 0;
  assertEquals(sent, { token: endpoint === "token" ? tries : 1, profile: profiles });
  assertTook(ms, cell.ms);
  assertEquals(service.clock.pending, 0);

  const before = { ...sent };
  const { value: again } = await ask();
  const calls = { token: sent.token - before.token, profile: sent.profile - before.profile };
  assertEquals(service.clock.pending, 0);
  if (cell.code === "signed_in") {
    assertEquals([again.status, again.headers.get("idempotency-replayed")], [201, "true"]);
    assertEquals(await again.json(), body);
    assertEquals(calls, { token: 0, profile: 0 });
  } else if (cell.afterwards === "signed_in") {
    assertEquals([again.status, (await again.json()).account?.created], [201, true]);
    // After a fault of the profile, the token is stored and not requested again.
    assertEquals(calls, { token: endpoint === "token" ? 1 : 0, profile: 1 });
  } else {
    assertEquals([again.status, (await again.json()).code], [400, cell.afterwards]);
    assertEquals(calls, { token: 1, profile: 0 });
  }
}

/** Faults whose attempts and pauses together would take longer than the deadline. */
const SLOW: [
  faults: string,
  env: Record<string, string>,
  code: keyof typeof CONTRACT,
  { token: number; profile: number; ms?: number },
][] = [
  ["token-delay-2400~token-503*1~profile-delay-2400", {}, "upstream_unavailable", {
    token: 2,
    profile: 1,
    ms: 6000,
  }],
  ["profile-delay-2400*3~profile-503*3", {}, "upstream_unavailable", { token: 1, profile: 3, ms: 6000 }],
  ["token-hang", { AMAZON_TIMEOUT_MS: "6000" }, "code_lost", { token: 1, profile: 0, ms: 6000 }],
  ["token-delay-4000~profile-stall", { AMAZON_TIMEOUT_MS: "6000" }, "upstream_unavailable", {
    token: 1,
    profile: 1,
    ms: 6000,
  }],
  ["profile-drip", { AMAZON_TIMEOUT_MS: "900", AMAZON_DEADLINE_MS: "900" }, "upstream_unavailable", {
    token: 1,
    profile: 1,
    ms: 900,
  }],
  ["token-503*1~token-drop", {}, "code_lost", { token: 2, profile: 0 }],
  ["token-503*1~token-invalid_grant", {}, "code_rejected", { token: 2, profile: 0 }],
  ["profile-503*1~profile-hang", {}, "upstream_unavailable", { token: 1, profile: 2 }],
];

for (const [faults, env, code, { ms: expectedMs, ...calls }] of SLOW) {
  const setting = Object.entries(env).map((pair) => ` ${pair.join("=")}`).join("");
  Deno.test(`${faults} gives ${code} within the deadline${setting}`, async () => {
    await using service = await TestService.open({ env });
    const request = service.signIn(`mork~${faults}.1`);
    const { value: response, ms } = await service.clock.advanceUntil(request);
    assertEquals([response.status, (await response.json()).code], [CONTRACT[code][0], code]);
    assertEquals(service.calls, calls);
    assertTook(ms, expectedMs);
    assertEquals(service.clock.pending, 0);
  });
}

function assertTook(ms: number, expected: number | undefined): void {
  const least = expected ?? 0;
  const most = expected ?? DEADLINE_MS;
  assert(ms >= least && ms <= most, `${ms} ms passed, not ${least} to ${most}`);
}
