/**
 * Invalid requests to `POST /v1/sessions/amazon`: each gets its problem, nothing is sent to Amazon, and nothing is
 * stored.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { ProblemBody } from "../../support/bodies.ts";
import { TestService } from "../../support/test_service.ts";
import { post, streamed } from "../../support/raw_requests.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";
const MOST_BODY_BYTES = 16 * 1024;
const NO_LIMIT = { AMAZON_SIGN_INS_PER_MINUTE: "0" };

/** Bodies that fail the schema, with the JSON pointers of the contract's `errors`. */
const INVALID_BODIES: [name: string, body: unknown, paths: string[]][] = [
  ["null", null, ["/"]],
  ["an array", [{ code: "mork.1" }], ["/"]],
  ["an empty array", [], ["/"]],
  ["a number", 5, ["/"]],
  ["a text", "mork.1", ["/"]],
  ["a boolean", true, ["/"]],
  ["an empty object", {}, ["/code"]],
  ["a code of null", { code: null }, ["/code"]],
  ["a code as number", { code: 5 }, ["/code"]],
  ["a code in an array", { code: ["mork.1"] }, ["/code"]],
  ["a code in an object", { code: { code: "mork.1" } }, ["/code"]],
  ["an empty code", { code: "" }, ["/code"]],
  ["a code of 2049 bytes", { code: `new.${"1".repeat(2045)}` }, ["/code"]],
  ["a code of 2049 bytes in 683 characters", { code: "\u20ac".repeat(683) }, ["/code"]],
  ["a code with a lone surrogate", { code: "mork.\ud800" }, ["/code"]],
  ["a code with a lone low surrogate", { code: "\udc00mork.1" }, ["/code"]],
  ["an unknown app", { code: "mork.1", app: "radio" }, ["/app"]],
  ["an empty app", { code: "mork.1", app: "" }, ["/app"]],
  ["an app named like a member of Object.prototype", { code: "mork.1", app: "constructor" }, ["/app"]],
  ["an app as number", { code: "mork.1", app: 0 }, ["/app"]],
  ["a device as text", { code: "mork.1", device: "AFTKM" }, ["/device"]],
  ["a device as array", { code: "mork.1", device: [] }, ["/device"]],
  ["a device name of 129 characters", { code: "mork.1", device: { name: "x".repeat(129) } }, [
    "/device/name",
  ]],
  ["a device model of 129 characters", { code: "mork.1", device: { model: "x".repeat(129) } }, [
    "/device/model",
  ]],
  [
    "a device platform of 129 characters",
    { code: "mork.1", device: { platform: "x".repeat(129) } },
    ["/device/platform"],
  ],
  ["a device name as number", { code: "mork.1", device: { name: 5 } }, ["/device/name"]],
  [
    "several faults at once",
    { code: "", app: 1, device: { name: 5, model: "x".repeat(129) } },
    ["/code", "/app", "/device/name", "/device/model"],
  ],
];

for (const [name, body, paths] of INVALID_BODIES) {
  Deno.test(`${name} is refused as invalid_request at ${paths}`, async () => {
    await using service = await TestService.open();
    const problem = await assertRefused(service, post(service, JSON.stringify(body)), "invalid_request");
    assertEquals(problem.errors?.map(({ path }) => path), paths);
    for (const { message } of problem.errors ?? []) assertMatch(message, /\S/);
  });
}

for (
  const body of ["{", '{"code":"mork.1"', "{'code':'mork.1'}", '{"code":"mork.1"} x', "", " ", "undefined"]
) {
  Deno.test(`a body of ${JSON.stringify(body)}, which is not JSON, is refused as invalid_request`, async () => {
    await using service = await TestService.open();
    const problem = await assertRefused(service, post(service, body), "invalid_request");
    assert((problem.errors?.length ?? 0) > 0);
  });
}

Deno.test("a request without a body is refused as invalid_request, with and without a content type", async () => {
  for (const headers of [{}, { "content-type": "application/json" }]) {
    await using service = await TestService.open();
    const response = service.request("/v1/sessions/amazon", { method: "POST", headers });
    const problem = await assertRefused(service, response, "invalid_request");
    assert((problem.errors?.length ?? 0) > 0);
  }
});

/** Keys that are too short, too long, or not of visible ASCII alone. */
const INVALID_KEYS: [name: string, key: string][] = [
  ["15 characters", "k".repeat(15)],
  ["256 characters", "k".repeat(256)],
  ["a space", `${"k".repeat(15)} k`],
  ["a tab", `${"k".repeat(15)}\tk`],
  ["a letter beyond ASCII", `${"k".repeat(16)}\u00e9`],
  ["a DEL", `${"k".repeat(16)}\x7f`],
  ["two values", `${KEY}, ${KEY}`],
  ["no characters", ""],
];

for (const [name, key] of INVALID_KEYS) {
  Deno.test(`an Idempotency-Key with ${name} is refused as invalid_request`, async () => {
    await using service = await TestService.open();
    const response = post(service, '{"code":"mork.1"}', { "idempotency-key": key });
    const problem = await assertRefused(service, response, "invalid_request");
    assertEquals(problem.errors?.map(({ path }) => path.toLowerCase()), ["idempotency-key"]);
  });
}

for (
  const type of [
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/octet-stream",
    "",
  ]
) {
  Deno.test(`a body of content type "${type}" is refused as unsupported_media_type`, async () => {
    await using service = await TestService.open();
    const response = post(service, '{"code":"mork.1"}', { "content-type": type });
    await assertRefused(service, response, "unsupported_media_type");
  });
}

Deno.test("a body without a content type is refused as unsupported_media_type", async () => {
  await using service = await TestService.open();
  const body = new TextEncoder().encode('{"code":"mork.1"}');
  const response = service.request("/v1/sessions/amazon", { method: "POST", body });
  await assertRefused(service, response, "unsupported_media_type");
});

Deno.test("values at the bounds are accepted", async () => {
  const bodies: [name: string, body: string, headers?: Record<string, string>][] = [
    ["a code of 2048 bytes", JSON.stringify({ code: `new.${"1".repeat(2044)}` })],
    ["a body of 16 KiB", '{"code":"new.2"}'.padEnd(MOST_BODY_BYTES)],
    ["a key of 16 characters", '{"code":"new.3"}', { "idempotency-key": "!".repeat(16) }],
    ["a key of 255 characters", '{"code":"new.4"}', { "idempotency-key": "~".repeat(255) }],
    ["device fields of 128 characters", JSON.stringify({ code: "new.5", device: full("x".repeat(128)) })],
    ["an empty device", '{"code":"new.6","device":{}}'],
    ["unknown fields", '{"code":"new.7","__proto__":{"app":"radio"},"x":[1]}'],
    ["a content type with a charset", '{"code":"new.8"}', {
      "content-type": "Application/JSON; charset=utf-8",
    }],
  ];
  await using service = await TestService.open();
  for (const [name, body, headers] of bodies) {
    const response = await post(service, body, headers);
    assertEquals(response.status, 201, name);
  }
  // A streamed body of the allowed size, and a code of multi-byte characters that goes as far as Amazon.
  assertEquals((await post(service, streamed('{"code":"new.9"}'.padEnd(MOST_BODY_BYTES)))).status, 201);
  const { code } = await (await post(service, JSON.stringify({ code: `${"\u20ac".repeat(682)}xx` }))).json();
  assertEquals(code, "code_rejected");
});

Deno.test("drawn JSON that is not a valid request is refused as invalid_request, with errors", async () => {
  await using service = await TestService.open({ env: NO_LIMIT });
  const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: "binary" }), fc.constant("tv"));
  const device = fc.record({ name: anything, model: anything, platform: anything }, { requiredKeys: [] });
  const close = fc.record({
    code: fc.oneof(anything, fc.constant("mork.1")),
    app: fc.oneof(anything, fc.constantFrom("tv", "kids")),
    device: fc.oneof(anything, device),
  }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), close).filter((json) => !isValid(json)), async (json) => {
      const response = post(service, JSON.stringify(json), { "idempotency-key": KEY });
      const problem = await assertRefused(service, response, "invalid_request");
      assert((problem.errors?.length ?? 0) > 0);
    }),
    { numRuns: 300 },
  );
});

/** Tells whether a body is valid by the contract, independently of the schema. */
function isValid(json: unknown): boolean {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return false;
  const { code, app, device } = json as Record<string, unknown>;
  const fields = device ?? {};
  return typeof code === "string" && /^[^]+$/.test(code) && !/\p{Cs}/u.test(code) &&
    new Blob([code]).size <= 2048 &&
    (app === undefined || app === null || app === "tv" || app === "kids") &&
    typeof fields === "object" && fields !== null && !Array.isArray(fields) &&
    ["name", "model", "platform"].every((name) => {
      const field = (fields as Record<string, unknown>)[name];
      return field === undefined || field === null ||
        (typeof field === "string" && field.length <= 128 && isVisible(field));
    });
}

/** Tells whether a text has no control characters and no marks that turn its direction. */
function isVisible(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(text);
}

const STATUSES = { invalid_request: 400, unsupported_media_type: 415 } as const;

async function assertRefused(
  service: TestService,
  pending: Promise<Response>,
  code: keyof typeof STATUSES,
): Promise<ProblemBody> {
  const response = await pending;
  const problem: ProblemBody = await response.json();
  assertEquals([response.status, problem.code, problem.next], [STATUSES[code], code, "fix_request"]);
  assertEquals(problem.status, response.status);
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  assertEquals(response.headers.get("x-request-id"), problem.request_id);
  assertEquals(service.calls, { token: 0, profile: 0 });
  assertEquals(await service.stored(), {});
  return problem;
}

function full(value: string): Record<"name" | "model" | "platform", string> {
  return { name: value, model: value, platform: value };
}
