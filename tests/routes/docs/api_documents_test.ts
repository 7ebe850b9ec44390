/** `/openapi.json`: it describes the whole contract and nothing else (routes/README.md). */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { ProblemCode } from "../../../lib/base/problem.ts";
import { createApp } from "../../../routes/mod.ts";
import { type Described, documentOf, operationsOf } from "../../support/api_document.ts";
import { CONTRACT } from "../../support/contract_problems.ts";
import { assertDocumented, documentedOperations } from "../../support/openapi_check.ts";
import type { ProblemBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";

/** All operations of the contract that the service has, each with a path to call. */
const OPERATIONS = [
  ["post", "/v1/sessions/amazon", "/v1/sessions/amazon"],
  ["post", "/v1/activations", "/v1/activations"],
  ["post", "/v1/sessions/activation", "/v1/sessions/activation"],
  ["post", "/v1/accounts", "/v1/accounts"],
  ["post", "/v1/sessions", "/v1/sessions"],
  ["get", "/v1/sessions", "/v1/sessions"],
  ["get", "/v1/sessions/current", "/v1/sessions/current"],
  ["delete", "/v1/sessions/current", "/v1/sessions/current"],
  ["delete", "/v1/sessions/{session_id}", `/v1/sessions/ses_${"0".repeat(32)}`],
  ["delete", "/v1/sessions", "/v1/sessions"],
  ["post", "/v1/sessions/receipt", "/v1/sessions/receipt"],
  ["post", "/v1/purchases", "/v1/purchases"],
  ["post", "/v1/appstore/notifications", "/v1/appstore/notifications"],
  ["get", "/v1/entitlements", "/v1/entitlements"],
  ["get", "/v1/account", "/v1/account"],
  ["get", "/v1/account/events", "/v1/account/events"],
  ["post", "/v1/account/profile-refresh", "/v1/account/profile-refresh"],
  ["put", "/v1/account/email", "/v1/account/email"],
  ["post", "/v1/account/email-verification", "/v1/account/email-verification"],
  ["get", "/v1/account/export", "/v1/account/export"],
  ["delete", "/v1/account/amazon-link", "/v1/account/amazon-link"],
  ["patch", "/v1/account", "/v1/account"],
  ["delete", "/v1/account", "/v1/account"],
  ["put", "/v1/account/password", "/v1/account/password"],
  ["post", "/v1/password-resets", "/v1/password-resets"],
  ["post", "/v1/access-tokens", "/v1/access-tokens"],
  ["get", "/.well-known/jwks.json", "/.well-known/jwks.json"],
  ["get", "/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"],
  ["get", "/healthz", "/healthz"],
  ["get", "/readyz", "/readyz"],
  ["get", "/problems/{code}", "/problems/code_lost"],
  ["get", "/openapi.json", "/openapi.json"],
  ["get", "/docs", "/docs"],
] as const;

Deno.test("GET /openapi.json is OpenAPI 3.1 and lists all operations", async () => {
  await using service = await TestService.open();
  const response = await service.request("/openapi.json");
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  const document: Described = await response.json();
  assertEquals(document.openapi, "3.1.0");
  assertEquals([document.info.title, document.info.license], ["Oneclick", {
    name: "MIT",
    identifier: "MIT",
  }]);
  assertEquals(document.servers.map(({ url }) => url), ["http://localhost:8000"]);
  const listed = operationsOf(document).map(({ method, path }) => `${method} ${path}`);
  assertEquals(listed.toSorted(), OPERATIONS.map(([method, path]) => `${method} ${path}`).toSorted());
});

Deno.test("GET /openapi.json lists no operation that the service does not have", async () => {
  await using service = await TestService.open({
    env: { RTN_TOPIC_ARN: "arn:aws:sns:us-east-1:1:rtn", AMAZON_KEEP_REFRESH_TOKEN: "true" },
  });
  for (const [method, , path] of OPERATIONS) {
    const response = await service.request(path, { method: method.toUpperCase() });
    assertEquals([404, 405].includes(response.status), false, `${method} ${path}`);
    await response.body?.cancel();
  }
});

Deno.test("GET /openapi.json describes the purpose, the responses and the problems of each operation", async () => {
  await using service = await TestService.open();
  const document = await documentOf(service);
  const tags = document.tags.map(({ name }) => name);
  const names = new Set<string>();
  for (const { path, method, operation } of operationsOf(document)) {
    const { operationId, summary, description, security, responses } = operation;
    assert(/^[a-z][A-Za-z]+$/.test(operationId) && summary && description.endsWith("."), `${method} ${path}`);
    names.add(operationId);
    assertEquals(operation.tags.map((tag) => tags.includes(tag)), [true], path);
    const statuses = Object.entries(responses);
    assert(statuses.some(([status]) => status.startsWith("2")), path);
    for (const [status, { content, description }] of statuses) {
      const success = status === "204" ? undefined : MEDIA_TYPES[path] ?? ["application/json"];
      const expected = status.startsWith("2") ? success : ["application/problem+json"];
      assertEquals(content && Object.keys(content), expected, `${path} ${status}`);
      assert(description);
    }
    const isPublic = (method === "post" &&
      !["/v1/purchases", "/v1/access-tokens", "/v1/account/email-verification", "/v1/account/profile-refresh"]
        .includes(path)) ||
      !path.startsWith("/v1/");
    assertEquals(security, isPublic ? [] : [{ session: [] }], path);
    const takesCredentials = !isPublic || (method === "post" && path === "/v1/sessions");
    assertEquals("401" in responses, takesCredentials, path);
  }
  assertEquals(names.size, OPERATIONS.length);
  const { scheme, type } = document.components.securitySchemes.session ?? {};
  assertEquals([type, scheme], ["http", "bearer"]);
});

/** The media types of successes that are not JSON alone. */
const MEDIA_TYPES: Readonly<Record<string, readonly string[]>> = {
  "/docs": ["text/html"],
  "/problems/{code}": ["application/json", "text/html"],
};

/** The operations that give an earlier answer again. */
const REPLAYED = ["signInWithAmazon", "signUp", "signIn"];

Deno.test("GET /openapi.json describes the headers of each response", async () => {
  await using service = await TestService.open();
  for (const { path, method, operation } of operationsOf(await documentOf(service))) {
    for (const [status, { headers, content }] of Object.entries(operation.responses)) {
      const codes = Object.keys(content?.["application/problem+json"]?.examples ?? {}) as ProblemCode[];
      const expected = [
        "X-Request-Id",
        ...(REPLAYED.includes(operation.operationId) && status < "3" ? ["Idempotency-Replayed"] : []),
        ...(codes.some((code) => CONTRACT[code][1] === "retry") ? ["Retry-After"] : []),
        ...(codes.includes("invalid_session") ? ["WWW-Authenticate"] : []),
        ...(codes.includes("method_not_allowed") ? ["Allow"] : []),
        ...(path.startsWith("/.well-known/") && status < "3" ? ["Cache-Control"] : []),
      ];
      assertEquals(Object.keys(headers).toSorted(), expected.toSorted(), `${method} ${path} ${status}`);
    }
  }
});

Deno.test("GET /openapi.json has the target of each of its references", async () => {
  await using service = await TestService.open();
  const document = await documentOf(service);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/([^"]+)"/g)];
  assertNotEquals(references, []);
  const components: Record<string, Record<string, unknown>> = document.components;
  for (const [, kind = "", name = ""] of references) assert(components[kind]?.[name], `${kind} ${name}`);
});

Deno.test("each example of a request, a response and a problem fits its own schema, field by field", async () => {
  await using service = await TestService.open();
  for (const { path, method, request, responses } of documentedOperations(createApp(service.services))) {
    const bodies = [request?.body, ...Object.values(responses)].flatMap((it) =>
      Object.values(it?.content ?? {})
    );
    for (const { schema, example, examples } of bodies) {
      const values = example === undefined
        ? Object.values(examples ?? {}).map(({ value }) => value)
        : [example];
      assertNotEquals(values, [], `${method} ${path} has a body without an example`);
      // The schema drops unknown fields, so that the comparison finds them.
      for (const value of values) assertEquals(asSent(schema.parse(value)), value, `${method} ${path}`);
    }
  }
});

Deno.test("each example of a problem has the status and the next step of the contract", async () => {
  await using service = await TestService.open();
  const seen = new Set<string>();
  for (const { path, responses } of documentedOperations(createApp(service.services))) {
    for (const [status, { content }] of Object.entries(responses)) {
      for (const [code, { value }] of Object.entries(content?.["application/problem+json"]?.examples ?? {})) {
        const problem = value as ProblemBody;
        seen.add(code);
        assertEquals([Number(status), problem.next], [...CONTRACT[code as ProblemCode]], `${path} ${code}`);
        assertEquals([problem.status, problem.code], [Number(status), code]);
        assertEquals(problem.type, `http://localhost:8000/problems/${code}`);
        assertEquals("errors" in problem, code === "invalid_request" || code === "weak_password");
        assertEquals(["link_ticket" in problem, "prefill" in problem], [
          code === "link_required" || code === "profile_incomplete",
          code === "profile_incomplete",
        ]);
      }
    }
  }
  assertEquals([...seen].toSorted(), Object.keys(CONTRACT).toSorted());
});

Deno.test("GET /openapi.json describes the bounds of fields, and the statuses of problems", async () => {
  await using service = await TestService.open();
  const { paths, components } = await (await service.request("/openapi.json")).json();
  const statuses = (path: string, method: string) => Object.keys(paths[path][method].responses).join(" ");
  assertEquals(statuses("/v1/accounts", "post"), "201 400 403 405 409 413 415 422 429 500 503");
  assertEquals(statuses("/v1/sessions", "post"), "200 400 401 403 405 413 415 429 500 503");
  assertEquals(statuses("/v1/account/password", "put"), "204 400 401 405 409 413 415 422 429 500 503");
  assertEquals(statuses("/v1/account/amazon-link", "delete"), "204 400 401 405 409 413 415 429 500 503");
  const { email, password, name } = components.schemas.SignUp.properties;
  assertEquals([email.type, email.maxLength, password.minLength, password.maxLength], [
    "string",
    320,
    8,
    256,
  ]);
  assertEquals([name.type, name.maxLength], ["string", 256]);
  assertEquals(components.schemas.SignUp.required, ["email", "password"]);
});

Deno.test("a test fails when the service gives a response that is not documented", async () => {
  await using service = await TestService.open();
  const app = createApp(service.services);
  const line = { message: "request", method: "DELETE", route: "/v1/sessions/:session_id" };
  assertDocumented(app, [{ ...line, status: 404, problem: "not_found" }]);
  assertThrows(() => assertDocumented(app, [{ ...line, status: 418 }]), Error, "418");
  assertThrows(
    () => assertDocumented(app, [{ ...line, status: 404, problem: "code_lost" }]),
    Error,
    "is not documented with code_lost",
  );
});

Deno.test("GET /openapi.json says which of the problems of a status have a header that others lack", async () => {
  await using service = await TestService.open();
  let shared = 0;
  for (const { path, operation } of operationsOf(await documentOf(service))) {
    for (const [status, { headers, content }] of Object.entries(operation.responses)) {
      const codes = Object.keys(content?.["application/problem+json"]?.examples ?? {}) as ProblemCode[];
      const senders = codes.filter((code) => CONTRACT[code][1] === "retry");
      const { "Retry-After": header } = headers;
      if (senders.length === 0) continue;
      const some = senders.length < codes.length;
      shared += some ? 1 : 0;
      const expected = `Sent with ${senders.map((code) => `\`${code}\``).join(", ")} alone`;
      assertEquals(header?.description, some ? expected : undefined, `${path} ${status}`);
    }
  }
  assert(shared > 0);
});

/** Returns a parsed body as it was sent: parsing turns an email into an object. */
function asSent(parsed: unknown): unknown {
  return JSON.parse(JSON.stringify(parsed), (_key, value) => value?.canonical ? value.display : value);
}
