/** Each problem that asks for a retry has `Retry-After`, and causes no more requests to Amazon than the design allows. */
import { assert, assertEquals } from "@std/assert";
import { TestService, type TestServiceOptions } from "../support/test_service.ts";
import { wrapKv } from "../support/kv_hooks.ts";

const KEY = "the-key-of-this-device";
const OTHER_KEY = "the-key-of-another-device";

interface Situation {
  readonly code: string;
  readonly options?: TestServiceOptions;
  /** The codes of sign-ins that are under way. */
  readonly others?: readonly string[];
  readonly problem: string;
  readonly retryAfter: string;
  /** The requests that Amazon gets for this code. */
  readonly calls: { readonly token: number; readonly profile: number };
}

const NONE = { token: 0, profile: 0 };
const failing: TestServiceOptions = {
  wrapKv: (kv) => wrapKv(kv, { commit: () => Promise.reject(new TypeError("database is locked")) }),
};

const SITUATIONS: Readonly<Record<string, Situation>> = {
  "Amazon's token endpoint is down": {
    code: "new~token-503.1",
    problem: "upstream_unavailable",
    retryAfter: "1",
    calls: { token: 2, profile: 0 },
  },
  "Amazon's token endpoint asks to wait": {
    code: "new~token-429-30.1",
    problem: "upstream_unavailable",
    retryAfter: "30",
    calls: { token: 1, profile: 0 },
  },
  "Amazon's profile endpoint is down": {
    code: "new~profile-ServerError.1",
    problem: "upstream_unavailable",
    retryAfter: "1",
    calls: { token: 1, profile: 3 },
  },
  "Amazon's profile endpoint asks to wait": {
    code: "new~profile-503-7.1",
    problem: "upstream_unavailable",
    retryAfter: "7",
    calls: { token: 1, profile: 1 },
  },
  "Amazon's profile endpoint hangs": {
    code: "new~profile-hang.1",
    problem: "upstream_unavailable",
    retryAfter: "1",
    calls: { token: 1, profile: 1 },
  },
  "another request has the code": {
    code: "new~token-hang.1",
    others: ["new~token-hang.1"],
    problem: "code_in_progress",
    retryAfter: "1",
    calls: { token: 1, profile: 0 },
  },
  "too many are in flight": {
    code: "new.2",
    others: ["new~token-hang.1"],
    options: { env: { MAX_SIGN_INS_IN_FLIGHT: "1" } },
    problem: "overloaded",
    retryAfter: "1",
    calls: NONE,
  },
  "one address sends too many requests": {
    code: "new.2",
    others: ["new~token-hang.1"],
    options: { env: { AMAZON_SIGN_INS_PER_MINUTE: "1" } },
    problem: "rate_limited",
    retryAfter: "60",
    calls: NONE,
  },
  "the database does not take the claim": {
    code: "new.1",
    options: failing,
    problem: "storage_unavailable",
    retryAfter: "1",
    calls: NONE,
  },
};

for (const [name, { code, options, others = [], problem, retryAfter, calls }] of Object.entries(SITUATIONS)) {
  Deno.test(`a device is told when to retry when ${name}`, async () => {
    await using service = await TestService.open(options);
    const open = others.map((other) => service.signIn(other, { key: OTHER_KEY }));
    await service.clock.advance(10);
    let answer: Response | undefined;
    service.signIn(code, { key: KEY }).then((response) => answer = response);
    for (let ms = 0; answer === undefined && ms < 10_000; ms += 100) await service.clock.advance(100);
    assert(answer !== undefined);
    const body = await answer.json();
    assertEquals([body.code, body.next, answer.headers.get("retry-after")], [problem, "retry", retryAfter]);
    const parameter = new URLSearchParams({ code }).toString();
    const tokens = service.simulator.requests.filter(({ url }) => url.includes(`${parameter}&`)).length;
    assertEquals({ token: tokens, profile: service.calls.profile }, calls);
    await service.clock.advance(10_000);
    await Promise.all(open);
    assertEquals(service.clock.pending, 0);
  });
}
