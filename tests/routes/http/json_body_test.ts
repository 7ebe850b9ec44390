/** Bodies of JSON, of every operation that has one: what ordinary clients send is understood, and nothing else. */
import { assert, assertEquals } from "@std/assert";
import { createApp } from "../../../routes/mod.ts";
import { signedUp } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { type DocumentedOperation, documentedOperations } from "../../support/openapi_check.ts";
import { TestService } from "../../support/test_service.ts";

const NO_LIMITS = { AMAZON_SIGN_INS_PER_MINUTE: "0", PASSWORD_TRIES_PER_15_MINUTES: "0" };
const JSON_TYPE = { "content-type": "application/json" };

/** Content types that mean JSON in UTF-8. */
const TYPES = [
  "application/json",
  "application/json;charset=utf-8",
  "application/json; charset=UTF-8",
  "application/json ; charset=utf-8",
  "application/json\t;\tcharset=utf-8",
  'application/json; charset="utf-8"',
  "application/json;charset=utf8",
  "application/json;",
  "application/json; charset=utf-8; odata.metadata=none",
  "APPLICATION/JSON; CHARSET=UTF-8",
  "application/vnd.api+json",
];

/** Content types of something else. */
const OTHER_TYPES = [
  "application/json; charset=iso-8859-1",
  "application/json; charset=utf-16",
  'application/json; charset="windows-1252"',
  "application/json; charset=",
  "application/json; charset=utf-8; charset=latin1",
  "application/json, text/plain",
  "text/json",
  "json",
];

/** Values of a text that are no UTF-8, as bytes of JSON. */
const NOT_UTF8 = [
  [0xe4],
  [0xc3],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff, 0xfe],
];

for (const name of ["signInWithAmazon", "signUp", "signIn", "updateAccount", "changePassword"]) {
  Deno.test(`${name} is among the operations that are tested here`, async () => {
    await using service = await TestService.open();
    assert(operationsOf(service).some(({ operationId }) => operationId === name));
  });
}

Deno.test("each operation that needs a body refuses a request without one", async () => {
  await using tested = await open();
  for (const operation of tested.operations.filter(({ required }) => required)) {
    for (const headers of [JSON_TYPE, {}]) {
      for (const body of [null, "", " \r\n"]) {
        if (body?.trim() === "" && body !== "" && !("content-type" in headers)) continue;
        const problem = await assertProblem(await tested.send(operation, body, headers), "invalid_request");
        assertEquals(problem.errors?.map(({ path }) => path), [""], operation.operationId);
      }
    }
  }
});

Deno.test("each operation refuses a body that is not UTF-8, and understands a byte order mark", async () => {
  await using tested = await open();
  for (const operation of tested.operations) {
    for (const bytes of NOT_UTF8) {
      const body = new Uint8Array([...encode('{"x":"'), ...bytes, ...encode('"}')]);
      const problem = await assertProblem(await tested.send(operation, body), "invalid_request");
      assertEquals(problem.errors, [{ path: "", message: "The body is not UTF-8" }], operation.operationId);
    }
    const plain = await tested.outcome(operation, encode("{}"));
    assertEquals(await tested.outcome(operation, encode("\uFEFF{}")), plain, operation.operationId);
  }
});

Deno.test("each operation takes every way to write the type of JSON, and no other type or charset", async () => {
  await using tested = await open();
  for (const operation of tested.operations) {
    const plain = await tested.outcome(operation, "{}");
    for (const type of TYPES) {
      assertEquals(await tested.outcome(operation, "{}", { "content-type": type }), plain, type);
    }
    for (const type of OTHER_TYPES) {
      const response = await tested.send(operation, "{}", { "content-type": type });
      await assertProblem(response, "unsupported_media_type");
    }
  }
});

Deno.test("each operation refuses a body with a Content-Encoding", async () => {
  await using tested = await open();
  for (const operation of tested.operations) {
    for (const encoding of ["gzip", "br", "deflate", "zstd", "identity, gzip", "aws-chunked"]) {
      const headers = { ...JSON_TYPE, "content-encoding": encoding };
      await assertProblem(await tested.send(operation, "{}", headers), "unsupported_media_type");
    }
    const headers = { ...JSON_TYPE, "content-encoding": "Identity" };
    assertEquals(await tested.outcome(operation, "{}", headers), await tested.outcome(operation, "{}"));
  }
});

Deno.test("each operation takes null for an optional member as its absence", async () => {
  await using tested = await open();
  let members = 0;
  for (const operation of tested.operations) {
    for (const path of tested.optionalMembers(operation)) {
      const example = exampleOf(operation);
      const [last = "", ...outer] = path.toReversed();
      let holder = example;
      for (const name of outer.toReversed()) holder = (holder[name] ??= {}) as Record<string, unknown>;
      delete holder[last];
      const absent = await tested.outcome(operation, JSON.stringify(example));
      holder[last] = null;
      const label = `${operation.operationId} ${path.join(".")}`;
      assertEquals(await tested.outcome(operation, JSON.stringify(renewed(example))), absent, label);
      assert(absent[0] < 500, label);
      members++;
    }
  }
  assert(members > 15, `Only ${members} optional members`);
});

Deno.test("each operation refuses null for a required member", async () => {
  await using tested = await open();
  for (const operation of tested.operations) {
    for (const member of tested.schemaOf(operation).required ?? []) {
      const body = JSON.stringify({ ...operation.example as object, [member]: null });
      const problem = await assertProblem(await tested.send(operation, body), "invalid_request");
      assertEquals(problem.errors?.map(({ path }) => path), [`/${member}`], operation.operationId);
    }
  }
});

Deno.test("PATCH /v1/account clears a member that is null, and keeps one that is absent", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service, { name: "Vera", postal_code: "98052" });
  const changed = await (await service.send("PATCH", "/v1/account", { name: null }, { token })).json();
  assertEquals([changed.name, changed.postal_code], [null, "98052"]);
});

Deno.test("a body that nests deeply is refused or ignored, and is no unexpected error", async () => {
  await using tested = await open();
  const deep = `${'{"a":'.repeat(2000)}null${"}".repeat(2000)}`;
  for (const operation of tested.operations) {
    for (const body of [deep, `${"[".repeat(8000)}${"]".repeat(8000)}`, `{"device":${deep}}`, `[null]`]) {
      const [status] = await tested.outcome(operation, body);
      assert(status < 500, `${operation.operationId} ${status}`);
    }
  }
});

Deno.test("a body that does not come within ten seconds is refused", async () => {
  await using service = await TestService.open();
  for (const headers of [JSON_TYPE, { ...JSON_TYPE, "content-length": "20" }]) {
    const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
    const request = service.request("/v1/sessions/amazon", { method: "POST", body, headers });
    const { value, ms } = await service.clock.advanceUntil(request);
    const problem = await assertProblem(value, "invalid_request");
    assertEquals([problem.errors?.[0]?.message, ms], ["The body did not come within 10 seconds", 10_000]);
  }
});

Deno.test("a body that breaks off is no fault of the service: client_gone at level info", async () => {
  await using service = await TestService.open();
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encode('{"code":'));
      controller.error(new Error("canary"));
    },
  });
  const response = await service.request("/v1/sessions/amazon", {
    method: "POST",
    body: broken,
    headers: JSON_TYPE,
  });
  await assertProblem(response, "invalid_request");
  assertEquals(service.log.map(({ level, message, status }) => [level, message, status]), [
    ["INFO", "client_gone", undefined],
    ["INFO", "request", 400],
  ]);
  assertEquals(JSON.stringify(service.log).includes("canary"), false);
});

let count = 0;

/** The example of a body, with a code and an email that no request has used yet. */
function exampleOf({ example }: Operation): Record<string, unknown> {
  return renewed(structuredClone(example) as Record<string, unknown>);
}

function renewed(body: Record<string, unknown>): Record<string, unknown> {
  count++;
  if ("code" in body) body.code = `new.${count}`;
  if ("email" in body) body.email = `customer${count}@example.com`;
  return body;
}

interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  allOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
}

interface Operation extends DocumentedOperation {
  operationId: string;
  required: boolean;
  example: unknown;
}

function operationsOf(service: TestService): Operation[] {
  return documentedOperations(createApp(service.services)).flatMap((operation) => {
    const body = operation.request?.body as { required?: boolean; content: DocumentedContent } | undefined;
    const json = body?.content["application/json"];
    if (json === undefined) return [];
    const { operationId } = operation as unknown as { operationId: string };
    return [{ ...operation, operationId, required: body?.required === true, example: json.example }];
  });
}

type DocumentedContent = Record<string, { example?: unknown } | undefined>;

/** Opens a service with a signed-in customer, and the operations that have a body. */
async function open() {
  const service = await TestService.open({ env: NO_LIMITS });
  const signUp = async () => (await signedUp(service, { email: "other@example.com" })).session_token;
  let token = await signUp();
  const document = await (await service.request("/openapi.json")).json();
  const resolve = ({ $ref = "", ...schema }: JsonSchema): JsonSchema => {
    const named = $ref === "" ? {} : resolve(document.components.schemas[$ref.split("/").at(-1) ?? ""]);
    const parts = [named, ...(schema.allOf ?? []).map(resolve)];
    return { ...Object.assign({}, ...parts), ...schema };
  };
  const schemaOf = ({ method, path }: Operation): JsonSchema =>
    resolve(document.paths[path][method].requestBody.content["application/json"].schema);
  const send = async (
    { method, path, operationId }: Operation,
    body: BodyInit | null,
    headers: Record<string, string> = JSON_TYPE,
  ) => {
    const withBody = body === null ? {} : { body: typeof body === "string" ? encode(body) : body };
    const response = await service.request(path, {
      method: method.toUpperCase(),
      headers,
      token,
      ...withBody,
    });
    // The next request needs an account.
    if (operationId === "deleteAccount" && response.ok) token = await signUp();
    return response;
  };
  return {
    operations: operationsOf(service),
    schemaOf,
    send,
    /** The status, the code and the paths of the faults of an answer. */
    async outcome(...args: Parameters<typeof send>): Promise<[number, string, string[]]> {
      const response = await send(...args);
      const body = response.status === 204 ? {} : await response.json();
      const errors: { path: string }[] = body.errors ?? [];
      return [response.status, body.code ?? "", errors.map(({ path }) => path)];
    },
    /** The paths of the members that may be absent, but for those that null clears. */
    optionalMembers(operation: Operation): string[][] {
      const membersOf = (schema: JsonSchema, path: string[]): string[][] => {
        const { properties = {}, required = [] } = resolve(schema);
        return Object.entries(properties).flatMap(([name, member]) => {
          const takesNull = [resolve(member).type].flat().includes("null");
          const self = required.includes(name) || takesNull ? [] : [[...path, name]];
          return [...self, ...membersOf(member, [...path, name])];
        });
      };
      return membersOf(schemaOf(operation), []);
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
