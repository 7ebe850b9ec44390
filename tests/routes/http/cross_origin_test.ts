/** Web apps of other origins (CORS): those that are configured may call `/v1`, and nobody else. */
import { assertEquals } from "@std/assert";
import { TestService } from "../../support/test_service.ts";

const ORIGIN = "https://tv.example.com";
const OTHER = "https://evil.example.com";
const open = () => TestService.open({ env: { CORS_ORIGINS: `${ORIGIN},http://localhost:5173` } });

/** The headers of CORS, and those that every answer has. */
function headersOf({ headers }: Response): Record<string, string> {
  const shown = [...headers].filter(([name]) => name.startsWith("access-control-"));
  return Object.fromEntries(shown);
}

function preflight(service: TestService, path: string, method: string, origin: string): Promise<Response> {
  const headers = {
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": "authorization,content-type,idempotency-key",
  };
  return service.request(path, { method: "OPTIONS", headers });
}

const PATHS = [
  ["POST", "/v1/sessions/amazon"],
  ["GET", "/v1/sessions/current"],
  ["DELETE", `/v1/sessions/ses_${"0".repeat(32)}`],
  ["PATCH", "/v1/account"],
  ["PUT", "/v1/account/password"],
  ["POST", "/v1/access-tokens"],
  ["GET", "/v1/no-such-path"],
] as const;

for (const [method, path] of PATHS) {
  Deno.test(`a preflight for ${method} ${path} lets a configured origin call, and no other`, async () => {
    await using service = await open();
    for (const origin of [ORIGIN, "http://localhost:5173"]) {
      const response = await preflight(service, path, method, origin);
      assertEquals([response.status, await response.text()], [204, ""]);
      assertEquals(response.headers.has("x-request-id"), true);
      assertEquals(headersOf(response), {
        "access-control-allow-headers": "Authorization,Content-Type,Idempotency-Key",
        "access-control-allow-methods": "GET,POST,PUT,PATCH,DELETE",
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "Retry-After,X-Request-Id,Idempotency-Replayed",
        "access-control-max-age": "7200",
      });
    }
    for (const origin of [OTHER, "null", `${ORIGIN}.evil.example`, "http://tv.example.com"]) {
      const response = await preflight(service, path, method, origin);
      assertEquals(response.headers.get("access-control-allow-origin"), null, origin);
    }
  });
}

Deno.test("each answer to a configured origin can be read by it: a session, a replay, and problems of every kind", async () => {
  await using service = await open();
  const headers = {
    origin: ORIGIN,
    "content-type": "application/json",
    "idempotency-key": "0123456789abcdef",
  };
  const signIn = () =>
    service.request("/v1/sessions/amazon", { method: "POST", headers, body: '{"code":"mork.1"}' });
  const answers = [
    [await signIn(), 201],
    [await signIn(), 201],
    [await service.request("/v1/sessions/amazon", { method: "POST", headers, body: '{"code":""}' }), 400],
    [await service.request("/v1/account", { headers: { origin: ORIGIN } }), 401],
    [await service.request("/v1/no-such-path", { headers: { origin: ORIGIN } }), 404],
    [await service.request("/v1/sessions/amazon", { method: "PUT", headers: { origin: ORIGIN } }), 405],
    [await service.request("/v1/sessions", { method: "POST", headers, body: "x".repeat(20_000) }), 413],
  ] as const;
  for (const [response, status] of answers) {
    assertEquals(response.status, status);
    assertEquals(headersOf(response), {
      "access-control-allow-origin": ORIGIN,
      "access-control-expose-headers": "Retry-After,X-Request-Id,Idempotency-Replayed",
    });
    assertEquals(response.headers.get("vary"), "Origin");
    assertEquals(response.headers.get("cache-control"), "no-store");
    await response.body?.cancel();
  }
});

Deno.test("another origin, a page, and a request without an origin get no header of CORS", async () => {
  await using service = await open();
  const { session_token: token } = await service.signedIn("mork.1");
  const answers = [
    [await service.request("/v1/account", { headers: { origin: OTHER } }), 401],
    [await service.request("/v1/account"), 401],
    [await service.request("/v1/account", { token }), 200],
    [await service.request("/v1/no-such-path"), 404],
    [await service.request("/v1/account", { method: "PUT" }), 405],
    [await service.request("/healthz"), 200],
    [await service.request("/healthz", { headers: { origin: ORIGIN } }), 200],
    [await service.request("/delete-account", { headers: { origin: ORIGIN } }), 200],
    [await service.request("/v1/account", { method: "OPTIONS" }), 405],
  ] as const;
  for (const [response, status] of answers) {
    assertEquals([response.status, response.headers.has("x-request-id")], [status, true]);
    assertEquals(response.headers.get("access-control-allow-origin"), null);
    assertEquals(response.headers.get("access-control-allow-credentials"), null);
    await response.body?.cancel();
  }
});

Deno.test("without CORS_ORIGINS a preflight is a wrong method", async () => {
  await using service = await TestService.open();
  const response = await preflight(service, "/v1/account", "GET", ORIGIN);
  assertEquals([response.status, headersOf(response)], [405, {}]);
  await response.body?.cancel();
});
