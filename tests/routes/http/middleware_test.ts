/** What every response has, and the responses to unknown paths, other methods and unforeseen errors. */
import { assertEquals, assertMatch } from "@std/assert";
import { Problem } from "../../../lib/base/problem.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { wrapKv } from "../../support/kv_hooks.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const SECURITY_HEADERS = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=63072000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

Deno.test("each response has the security headers", async () => {
  await using service = await TestService.open({ wrapFetch: () => () => Promise.reject(new Error("Down")) });
  const answers = [
    await service.request("/healthz"),
    await service.request("/nothing"),
    await service.request("/healthz", { method: "POST" }),
    await service.request("/v1/sessions/current"),
    await service.answerOf(service.signIn("mork.1")),
    await service.request("/openapi.json"),
  ];
  assertEquals(answers.map(({ status }) => status), [200, 404, 405, 401, 502, 200]);
  for (const { url, status, headers } of answers) {
    const names = Object.keys(SECURITY_HEADERS);
    const sent = Object.fromEntries(names.map((name) => [name, headers.get(name)]));
    assertEquals(sent, SECURITY_HEADERS, `${status} ${url}`);
    assertEquals([headers.get("server"), headers.get("x-powered-by")], [null, null]);
  }
  await Promise.all(answers.map(({ body }) => body?.cancel()));
});

Deno.test("each response has its own X-Request-Id, which the log has too", async () => {
  await using service = await TestService.open();
  const paths = ["/healthz", "/healthz", "/nothing", "/v1/sessions", "/openapi.json"];
  const ids: (string | null)[] = [];
  for (const path of paths) {
    // What a client sends is not taken over: it could pass for another request.
    const response = await service.request(path, { headers: { "x-request-id": "canary" } });
    ids.push(response.headers.get("x-request-id"));
    const body = await response.json();
    if (!response.ok) assertEquals(body.request_id, ids.at(-1));
  }
  for (const id of ids) assertMatch(id ?? "", UUID);
  assertEquals(new Set(ids).size, paths.length);
  assertEquals(service.log.map(({ request_id }) => request_id), ids);
});

Deno.test("each request is logged with its route, status and time, but not with its path", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  await service.request("/v1/sessions/ses_canary?keep=canary", { method: "DELETE" });
  await service.request("/canary?canary=canary");
  await service.request("/v1/canary", { method: "PUT", headers: { "x-canary": "canary" } });
  const requests = service.log.filter(({ message }) => message === "request");
  assertEquals(requests.map(({ method, route, status, ms }) => [method, route, status, ms]), [
    ["POST", "/v1/sessions/amazon", 201, 0],
    ["DELETE", "/v1/sessions/:session_id", 401, 0],
    ["GET", "/*", 404, 0],
    ["PUT", "/v1/*", 404, 0],
  ]);
  assertEquals(JSON.stringify(service.log).includes("canary"), false);
});

Deno.test("an unknown path answers not_found", async () => {
  await using service = await TestService.open();
  for (
    const path of ["/", "/nothing", "/v1", "/v1/nothing", "/healthz/", "/V1/sessions", "/v1/sessions/a/b"]
  ) {
    const problem = await assertProblem(await service.request(path), "not_found");
    assertEquals(problem.next, "none", path);
  }
});

const NOT_ALLOWED = [
  ["POST", "/healthz", "GET, HEAD"],
  ["DELETE", "/readyz", "GET, HEAD"],
  ["PATCH", "/openapi.json", "GET, HEAD"],
  // It is no /v1/sessions/{session_id}.
  ["GET", "/v1/sessions/amazon", "POST"],
  ["DELETE", "/v1/sessions/amazon", "POST"],
  ["PUT", "/v1/sessions/current", "GET, HEAD, DELETE"],
  ["OPTIONS", "/v1/sessions/current", "GET, HEAD, DELETE"],
  ["GET", `/v1/sessions/ses_${"0".repeat(32)}`, "DELETE"],
] as const;

for (const [method, path, allow] of NOT_ALLOWED) {
  Deno.test(`${method} ${path} answers method_not_allowed`, async () => {
    await using service = await TestService.open();
    const response = await service.request(path, { method });
    assertEquals(response.headers.get("allow"), allow);
    const problem = await assertProblem(response, "method_not_allowed");
    assertEquals([problem.next, response.headers.get("retry-after")], ["none", null]);
  });
}

const CANARY = "canary https://appstore-sdk.amazon.com/?client_secret=canary\n    at canary (canary)";

/** Throws where no code expects it: the call succeeds, and reading its result throws. */
const UNFORESEEN = {
  kv: { wrapKv: brokenEntries },
  fetch: {
    wrapFetch: (fetch: typeof globalThis.fetch): typeof globalThis.fetch => async (...args) => {
      const response = await fetch(...args);
      return Object.defineProperty(response, "status", {
        get: () => {
          throw new RangeError(CANARY, { cause: CANARY });
        },
      });
    },
  },
};

for (const [where, options] of Object.entries(UNFORESEEN)) {
  Deno.test(`an unexpected error in ${where} answers internal and does not show its message`, async () => {
    await using service = await TestService.open(options);
    const response = where === "kv"
      ? await service.request("/v1/sessions/current", { token: `ocs_${"0".repeat(107)}` })
      : await service.signIn("mork.1");
    const problem = await assertProblem(response, "internal");
    assertEquals([problem.next, response.headers.get("retry-after")], ["retry", "1"]);
    assertEquals(problem.detail, new Problem("internal").message);
    const [unexpected, request] = service.log.filter(({ message }) => message !== "upstream");
    assertEquals([unexpected?.level, unexpected?.message, unexpected?.error], [
      "ERROR",
      "unexpected",
      "RangeError",
    ]);
    assertEquals(unexpected?.request_id, problem.request_id);
    assertMatch(String(unexpected?.stack), /^at .*middleware_test\.ts:\d+:\d+/);
    assertEquals([request?.level, request?.status, request?.problem], ["WARN", 500, "internal"]);
    assertEquals(JSON.stringify([problem, [...response.headers], service.log]).includes("canary"), false);
  });
}

Deno.test("an unexpected error in a sign-in releases the code for the device's retry", async () => {
  let broken = true;
  const { wrapFetch } = UNFORESEEN.fetch;
  // While broken, it requests the simulator's front page, so that the code is not spent at Amazon.
  await using service = await TestService.open({
    wrapFetch: (fetch) => (...args) =>
      broken ? wrapFetch(() => fetch("https://amazon.test/"))(...args) : fetch(...args),
  });
  assertEquals((await service.signIn("mork.1")).status, 500);
  assertEquals(await service.stored(), {});
  broken = false;
  assertEquals((await service.signIn("mork.1")).status, 201);
});

/** Returns a database whose entries throw when they are read. */
function brokenEntries(kv: Deno.Kv): Deno.Kv {
  const broken: Deno.KvEntryMaybe<unknown> = {
    key: [],
    value: null,
    get versionstamp(): null {
      throw new RangeError(CANARY, { cause: CANARY });
    },
  };
  return wrapKv(kv, { read: ({ keys }) => Promise.resolve(keys.map(() => broken)) });
}
