/** Text of customers and devices, in every member of every operation. */
import { assert, assertEquals } from "@std/assert";
import { emailText, secretText, typedText } from "../../../routes/openapi/text.ts";
import { profileChangesSchema } from "../../../routes/openapi/account_schemas.ts";
import { deviceSchema } from "../../../routes/openapi/device_schemas.ts";
import { signUpSchema } from "../../../routes/openapi/sign_in_schemas.ts";
import { signedUp } from "../../support/account_requests.ts";
import { NO_TEXT } from "../../support/no_text.ts";
import { TestService } from "../../support/test_service.ts";

/** Members that are secrets, or that are compared with what is known: no free text. */
const NOT_FREE = [
  "code",
  "app",
  "link_ticket",
  "device_code",
  "password",
  "new_password",
  "current_password",
];

interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  maxLength?: number;
  allOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
}

interface Member {
  readonly method: string;
  readonly path: string;
  readonly pointer: readonly string[];
  readonly schema: JsonSchema;
  readonly example: Record<string, unknown>;
}

Deno.test("no free text of any operation may hold a control character, half a character, or a mark of direction", async () => {
  await using service = await TestService.open({ env: { AMAZON_SIGN_INS_PER_MINUTE: "0" } });
  const { session_token: token } = await signedUp(service, { email: "other@example.com" });
  const free = (await textMembers(service)).filter(({ pointer }) => !NOT_FREE.includes(pointer.at(-1) ?? ""));
  assert(free.length > 15, `Only ${free.length} members`);
  for (const { method, path, pointer, example } of free) {
    for (const [what, text] of NO_TEXT) {
      const body = structuredClone(example);
      let holder = body;
      for (const name of pointer.slice(0, -1)) {
        const whole = name === "purchases" ? { user_id: "user", receipts: ["receipt"] } : {};
        holder = (holder[name] ??= whole) as Record<string, unknown>;
      }
      holder[pointer.at(-1) ?? ""] = text;
      const response = await service.send(method.toUpperCase(), path, body, { token });
      const problem = await response.json();
      const paths = problem.errors?.map(({ path }: { path: string }) => path);
      const label = `${method} ${path} ${pointer.join("/")} with ${what}`;
      assertEquals([response.status, paths], [400, [`/${pointer.join("/")}`]], label);
    }
  }
});

Deno.test("every text of a request that is stored has a bound and a pattern, and an email its format", async () => {
  await using service = await TestService.open();
  for (const { path, pointer, schema } of await textMembers(service)) {
    const label = `${path} ${pointer.join("/")}`;
    const name = pointer.at(-1) ?? "";
    if (name === "email") assertEquals([schema.format, schema.maxLength], ["email", 320], label);
    else if (!NOT_FREE.includes(name)) {
      // A member that refers to a known value, such as an id, has a pattern of its own.
      assert(schema.maxLength !== undefined || schema.pattern !== undefined, label);
    }
  }
});

Deno.test("every pattern of the description is the same in ECMAScript without flags, Python, Go and Java", async () => {
  await using service = await TestService.open();
  const text = await (await service.request("/openapi.json")).text();
  const patterns: string[] = [];
  JSON.parse(text, (key, value) => {
    if (key === "pattern" && typeof value === "string") patterns.push(value);
    return value;
  });
  assert(patterns.length > 5);
  assert(!/[\p{Cf}\u2028\u2029]/u.test(text), "Nothing in the description turns the direction of text");
  for (const pattern of patterns) {
    new RegExp(pattern);
    new RegExp(pattern, "u");
    // \p, \c, \k<…> and (?<…>) are not Python's, \u is not Go's, and \d and \w differ in what they hold.
    assert(!/\\[^x\\.]|\\x(?![0-9a-f]{2})|\(\?|\[\^?\]/.test(pattern), pattern);
  }
});

Deno.test("what a customer pastes loses the space and the invisible marks around it", () => {
  const around = ["", " ", "\n", "\r\n", "\t", "\u00a0", "\ufeff", "\u3000"];
  for (const before of around) {
    for (const after of around) {
      const text = (value: string) => before + value + after;
      assertEquals(emailText.parse(text("vera@example.com")).display, "vera@example.com");
      assertEquals(typedText(8).parse(text("Vera Vey")), "Vera Vey");
      assertEquals(typedText(8).parse(text("")), null);
    }
  }
  for (const mark of "\u200b\u200e\u202a\u202c\u2066\u2069\u2060\u00ad") {
    assertEquals(emailText.parse(`${mark}vera@example.com${mark}`).display, "vera@example.com");
    assertEquals(emailText.safeParse(`ve${mark}ra@example.com`).success, false);
  }
});

Deno.test("text of every script is taken as it is", () => {
  for (
    const name of ["Vera", "Véra O’Neill-Ødegård", "山田 太郎", "שרה", "أحمد", "அருண்", "👩🏽‍🦰 Vera", "x\u0301"]
  ) {
    assertEquals(deviceSchema.parse({ name }), { name });
    assertEquals(profileChangesSchema.parse({ name }), { name: name.normalize("NFC") });
    assertEquals(secretText.parse(name), name);
  }
  const { name, postal_code } = signUpSchema.parse({
    email: "a@b.example",
    password: "x",
    name: "",
    postal_code: " ",
  });
  assertEquals([name, postal_code], [null, null]);
});

/** Lists the texts in the bodies of all requests. */
async function textMembers(service: TestService): Promise<Member[]> {
  const { paths, components } = await (await service.request("/openapi.json")).json();
  const resolve = ({ $ref = "", ...schema }: JsonSchema): JsonSchema => {
    const named = $ref === "" ? {} : resolve(components.schemas[$ref.split("/").at(-1) ?? ""]);
    return { ...Object.assign({}, named, ...(schema.allOf ?? []).map(resolve)), ...schema };
  };
  const membersOf = (schema: JsonSchema, pointer: string[]): { pointer: string[]; schema: JsonSchema }[] =>
    Object.entries(resolve(schema).properties ?? {}).flatMap(([name, member]) => {
      const resolved = resolve(member);
      const at = [...pointer, name];
      return [resolved.type].flat().includes("string")
        ? [{ pointer: at, schema: resolved }]
        : membersOf(resolved, at);
    });
  const operations = Object.entries<Record<string, { requestBody?: { content: Record<string, JsonMedia> } }>>(
    paths,
  ).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { requestBody }]) => ({
      method,
      path,
      media: requestBody?.content["application/json"],
    }))
  );
  return operations.flatMap(({ method, path, media }) =>
    media === undefined
      ? []
      : membersOf(media.schema, []).map((member) => ({ method, path, ...member, example: media.example }))
  );
}

interface JsonMedia {
  schema: JsonSchema;
  example: Record<string, unknown>;
}
