/** The guide's two calls, as Amazon sees them: the requests that are sent, the tries, the pauses and the log. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { MAX_RESPONSE_BYTES } from "../../../lib/base/read_json.ts";
import type { ProblemBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { endpointOf } from "../../support/upstream_responses.ts";

const BASE = "https://appstore-sdk.amazon.com/version/1.0";
const GUIDE_CODE = "SplxlOBezQQYbYS6WxSbIA";

type Fetch = typeof globalThis.fetch;

Deno.test("exchangeCode() sends a POST with the four parameters of the guide in the query", async () => {
  await using service = await TestService.open();
  await service.signIn(GUIDE_CODE);
  const [request] = service.simulator.requests;
  assertEquals([request?.endpoint, request?.method, request?.body], ["token", "POST", ""]);
  assertEquals(
    request?.url,
    `${BASE}/auth/o2/token?grant_type=authorization_code&code=${GUIDE_CODE}&client_id=foodev&client_secret=foosecret`,
  );
  assertEquals(request?.headers.get("authorization"), null);
});

Deno.test("exchangeCode() encodes every character of a code", async () => {
  for (const form of [false, true]) {
    await using service = await TestService.open(form ? { env: { AMAZON_TOKEN_REQUEST: "form" } } : {});
    const code = "a|b&c=d+e f%67#?/\u00e9\u{1F511}";
    await service.signIn(code);
    const request = service.simulator.requests[0]!;
    const sent = form ? request.body : new URL(request.url).search.slice(1);
    assertEquals([...new URLSearchParams(sent)], [
      ["grant_type", "authorization_code"],
      ["code", code],
      ["client_id", "foodev"],
      ["client_secret", "foosecret"],
    ]);
    assertStringIncludes(sent, "code=a%7Cb%26c%3Dd%2Be+f%2567%23%3F%2F%C3%A9%F0%9F%94%91&");
  }
});

Deno.test("exchangeCode() sends a form body with AMAZON_TOKEN_REQUEST=form, and no parameter in the URL", async () => {
  await using service = await TestService.open({ env: { AMAZON_TOKEN_REQUEST: "form" } });
  assertEquals((await service.signIn("mork.1")).status, 201);
  const [request] = service.simulator.requests;
  assertEquals([request?.method, request?.url], ["POST", `${BASE}/auth/o2/token`]);
  assertEquals(
    request?.body,
    "grant_type=authorization_code&code=mork.1&client_id=foodev&client_secret=foosecret",
  );
  assertMatch(request?.headers.get("content-type") ?? "", /^application\/x-www-form-urlencoded\b/);
});

Deno.test("fetchProfile() sends a GET with only the access token in the query, and encodes its |", async () => {
  await using service = await TestService.open();
  await service.signIn("mork.1");
  const request = service.simulator.requests[1]!;
  assertEquals([request.endpoint, request.method, request.body], ["profile", "GET", ""]);
  assertMatch(
    request.url,
    /^https:\/\/appstore-sdk\.amazon\.com\/version\/1\.0\/user\/profile\?access_token=Atza%7C[\w-]{400}$/,
  );
  assertEquals(request.headers.get("authorization"), null);
});

Deno.test("fetchProfile() sends a bearer header with AMAZON_PROFILE_REQUEST=header, and no parameter in the URL", async () => {
  await using service = await TestService.open({ env: { AMAZON_PROFILE_REQUEST: "header" } });
  assertEquals((await service.signIn("mork.1")).status, 201);
  const request = service.simulator.requests[1]!;
  assertEquals(request.url, `${BASE}/user/profile`);
  assertMatch(request.headers.get("authorization") ?? "", /^Bearer Atza\|[\w-]{400}$/);
});

Deno.test("AMAZON_BASE_URL is the base of both calls", async () => {
  const urls: string[] = [];
  await using service = await TestService.open({
    env: { AMAZON_BASE_URL: "https://amazon.example/sandbox/" },
    wrapFetch: (fetch) => (input, init) => {
      urls.push(String(input));
      return fetch(String(input).replace("/sandbox", ""), init);
    },
  });
  assertEquals((await service.signIn("mork.1")).status, 201);
  assertEquals(urls.map((url) => url.split("?")[0]), [
    "https://amazon.example/sandbox/version/1.0/auth/o2/token",
    "https://amazon.example/sandbox/version/1.0/user/profile",
  ]);
});

Deno.test("no call follows a redirect, of any status", async () => {
  for (const endpoint of ["token", "profile"]) {
    for (const status of [301, 302, 303, 307, 308]) {
      const elsewhere: string[] = [];
      // Records the redirects that fetch would follow. For 307 and 308 it would send the body again.
      const follow = (fetch: Fetch): Fetch => async (input, init) => {
        const response = await fetch(input, init);
        const location = response.headers.get("location");
        if (location !== null && init?.redirect !== "manual") elsewhere.push(location);
        return response;
      };
      await using service = await TestService.open({ wrapFetch: follow });
      const response = await service.signIn(`mork~${endpoint}-redirect-${status}.1`);
      assertEquals([(await response.json()).code, elsewhere], ["upstream_invalid", []]);
    }
  }
});

Deno.test("app chooses the client with its id and secret; without app it is the first", async () => {
  await using service = await TestService.open();
  const sent = async (code: string, app?: string) => {
    const response = await service.signIn(code, app === undefined ? {} : { app });
    const request = service.simulator.requests.findLast(({ endpoint }) => endpoint === "token")!;
    const { searchParams } = new URL(request.url);
    return [response.status, searchParams.get("client_id"), searchParams.get("client_secret")];
  };
  assertEquals(await sent("new.1"), [201, "foodev", "foosecret"]);
  assertEquals(await sent("new.2", "tv"), [201, "foodev", "foosecret"]);
  assertEquals(await sent("new@kids.3", "kids"), [201, "kids", "kidssecret"]);
  assertEquals(await sent("new@kids.4", "tv"), [400, "foodev", "foosecret"]);
});

for (const AMAZON_PROFILE_REQUEST of ["query", "header"]) {
  Deno.test(`an access token of 2048 bytes is sent whole and one of 2049 is refused, by ${AMAZON_PROFILE_REQUEST}`, async () => {
    const euros = `Atza|${"\u20ac".repeat(681)}`; // 5 + 681 * 3 = 2048 bytes, 686 characters
    assertEquals(new TextEncoder().encode(euros).length, 2048);
    for (const [token, status, profiles] of [[euros, 201, 1], [`${euros}x`, 502, 0]] as const) {
      const upstream = replaceToken(token);
      await using service = await TestService.open({
        env: { AMAZON_PROFILE_REQUEST },
        wrapFetch: upstream.wrap,
      });
      assertEquals((await service.signIn("mork.1")).status, status);
      assertEquals(upstream.received, Array(profiles).fill(token));
    }
  });
}

Deno.test("a response is read up to 64 KiB, even if it declares another length", async () => {
  const declared: Record<string, string>[] = [
    {},
    { "content-length": "10", "transfer-encoding": "chunked" },
    { "content-length": "10", "content-encoding": "gzip" },
  ];
  for (const headers of declared) {
    let read = 0;
    const body = new ReadableStream({
      pull(controller) {
        read += 4096;
        if (read > 1_048_576) controller.close();
        else controller.enqueue(new Uint8Array(4096).fill(0x20));
      },
    }, { highWaterMark: 0 });
    await using service = await TestService.open({
      wrapFetch: () => () => Promise.resolve(new Response(body, { headers })),
    });
    assertEquals((await (await service.signIn("mork.1")).json()).code, "upstream_invalid");
    assertEquals(read, MAX_RESPONSE_BYTES + 4096, JSON.stringify(headers));
  }
});

Deno.test("the token has 2 tries and the profile 3, with jittered pauses that double", async () => {
  const firsts = new Set<number>();
  for (let run = 0; run < 10; run++) {
    const token = await gaps("token-503", {});
    const profile = await gaps("profile-503", {});
    assertEquals([token.length, profile.length], [1, 2]);
    for (const first of [token[0]!, profile[0]!]) {
      assertWithin(first, 50, 150);
      firsts.add(first);
    }
    assertWithin(profile[1]!, 100, 300);
  }
  assert(firsts.size > 10, "There is no jitter");
});

Deno.test("a try waits for Retry-After, and is not made when that is past the deadline", async () => {
  const waits: [fault: string, env: Record<string, string>, pauses: number[]][] = [
    ["token-503-1", {}, [1000]],
    ["profile-429-2", {}, [2000, 2000]],
    ["profile-429-2", { AMAZON_DEADLINE_MS: "4000" }, [2000]],
    ["token-429-6", {}, []],
    ["profile-503-30", {}, []],
  ];
  for (const [fault, env, pauses] of waits) {
    const taken = await gaps(fault, env);
    assertEquals(taken.length, pauses.length, fault);
    for (const [index, pause] of pauses.entries()) assertWithin(taken[index]!, pause, pause);
  }
});

Deno.test("no try is made by a machine that stood still in the pause until the time was over", async () => {
  for (const endpoint of ["token", "profile"] as const) {
    await using service = await TestService.open();
    const answer = service.signIn(`mork~${endpoint}-429*1.1`);
    await service.clock.advance(0);
    assertEquals(service.calls[endpoint], 1);
    service.clock.standStill(60_000);
    await assertProblem(await service.answerOf(answer), "upstream_unavailable");
    assertEquals(service.calls[endpoint], 1);
  }
});

Deno.test("every request to Amazon logs one line with Amazon's request_id and ours", async () => {
  const seen: string[] = [];
  const collect = (fetch: Fetch): Fetch => async (input, init) => {
    const response = await fetch(input, init);
    const text = await response.clone().text();
    if (text.startsWith("{")) seen.push(JSON.parse(text).request_id);
    return response;
  };
  await using service = await TestService.open({ wrapFetch: collect });
  const response = await service.signIn("mork~profile-insufficient_scope.1");
  const ours = response.headers.get("x-request-id");
  const lines = service.log.filter(({ message }) => message === "upstream");
  const common = { logger: "oneclick", message: "upstream", request_id: ours, app: "tv", attempt: 1, ms: 0 };
  assertEquals(lines.map(({ "@timestamp": _, ...line }) => line), [
    { ...common, level: "DEBUG", endpoint: "token", status: 200, outcome: "ok" },
    {
      ...common,
      level: "WARN",
      endpoint: "profile",
      status: 401,
      outcome: "consent_insufficient",
      amazon_request_id: seen[1],
    },
  ]);
  assertMatch(seen[1] ?? "", /^[0-9a-f-]{36}$/);
  assertNotEquals(seen[1], ours);
});

Deno.test("a request_id that does not look like an identifier is not logged", async () => {
  for (const request_id of ["mork@example.com", "a b", "x".repeat(65), "", 7, ["x"], null]) {
    const refuse = () =>
      Promise.resolve(Response.json({ error: "invalid_grant", request_id }, { status: 400 }));
    await using service = await TestService.open({ wrapFetch: () => refuse });
    await service.signIn("mork.1");
    const line = service.log.find(({ message }) => message === "upstream");
    assertEquals([line?.outcome, line?.amazon_request_id], ["code_rejected", undefined]);
  }
});

Deno.test("only upstream_rejected_client is logged as an error", async () => {
  const levels = async (fault: string) => {
    await using service = await TestService.open();
    const response = await service.signIn(`mork~token-${fault}.1`);
    const problem: ProblemBody = await response.json();
    const line = service.log.find(({ message }) => message === "upstream");
    return [problem.code, line?.level];
  };
  for (
    const fault of [
      "invalid_client",
      "unauthorized_client",
      "unsupported_grant_type",
      "invalid_request",
      "401",
    ]
  ) {
    assertEquals(await levels(fault), ["upstream_rejected_client", "ERROR"]);
  }
  assertEquals(await levels("invalid_grant"), ["code_rejected", "WARN"]);
  assertEquals(await levels("html"), ["upstream_invalid", "WARN"]);
});

function assertWithin(ms: number, least: number, most: number): void {
  assert(ms >= least && ms <= most, `${ms} ms is not within ${least} and ${most}`);
}

/** Returns the pauses between the tries at the endpoint of a fault, in simulated milliseconds. */
async function gaps(fault: string, env: Record<string, string>): Promise<number[]> {
  const times: number[] = [];
  const wrapFetch = (fetch: Fetch): Fetch => (input, init) => {
    if (fault.startsWith(endpointOf(String(input)))) times.push(service.clock.now());
    return fetch(input, init);
  };
  await using service: TestService = await TestService.open({ env, wrapFetch });
  await service.answerOf(service.signIn(`mork~${fault}.1`));
  return times.slice(1).map((time, index) => time - times[index]!);
}

/** Replaces the access token that Amazon issues, and records the tokens that come back. */
function replaceToken(replacement: string): { wrap: (fetch: Fetch) => Fetch; received: string[] } {
  const received: string[] = [];
  let real = "";
  const wrap = (fetch: Fetch): Fetch => async (input, init) => {
    const url = new URL(String(input));
    if (endpointOf(url.href) === "token") {
      const json = await (await fetch(input, init)).json();
      real = json.access_token;
      return Response.json({ ...json, access_token: replacement });
    }
    const header = new Headers(init?.headers).get("authorization");
    const bytes = Uint8Array.from(header ?? "", (char) => char.charCodeAt(0));
    received.push(
      url.searchParams.get("access_token") ?? new TextDecoder().decode(bytes).slice("Bearer ".length),
    );
    return await fetch(`${url.origin}${url.pathname}?${new URLSearchParams({ access_token: real })}`);
  };
  return { wrap, received };
}
