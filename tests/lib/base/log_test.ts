import { assert, assertEquals } from "@std/assert";
import { createLog, describeError, type LogFields, type LogLevel } from "../../../lib/base/log.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** Every field. A field that is added to the type must be added here, or this does not compile. */
const EVERY_FIELD: Required<LogFields> = {
  request_id: "d7b8",
  method: "POST",
  route: "/v1/sessions/{session_id}",
  status: 201,
  ms: 12,
  problem: "code_lost",
  endpoint: "token",
  outcome: "ok",
  replayed: "true",
  attempt: 1,
  amazon_request_id: "bef0c2f8",
  app: "tv",
  topic: "arn:aws:sns:us-east-1:123456789012:rtn",
  token: "2336412f37fb687f5d51e6e2425f004aef3b",
  detail: "A sentence",
  error: "TypeError",
  error_code: "locked",
  operation: "commit",
  stack: "at f (file.ts:1:1)",
  mail: "0196",
  mail_kind: "password_reset",
  event: "evt_1",
  event_type: "account.created",
  task: "mail",
  key: "k1",
  url: "http://0.0.0.0:8000",
  database: "/var/lib/oneclick/kv.sqlite3",
  unfinished: 1,
  signal: "SIGTERM",
};

Deno.test("createLog() writes one line of JSON with time, level, event and every listed field", () => {
  const { log, lines } = setUp("debug");
  log("info", "request", EVERY_FIELD);
  assertEquals(lines.length, 1);
  assertEquals(lines[0]?.includes("\n"), false);
  assertEquals(JSON.parse(lines[0] ?? ""), {
    "@timestamp": "2026-11-22T10:00:00.000Z",
    level: "INFO",
    message: "request",
    logger: "oneclick",
    ...EVERY_FIELD,
  });
});

Deno.test("createLog() does not write a field that is not listed", () => {
  const { log, lines } = setUp("debug");
  const unlisted = { code: "canary", access_token: "canary", email: "canary", cause: { url: "canary" } };
  const fields = { status: 200, ...unlisted } satisfies LogFields & typeof unlisted;
  log("info", "request", fields);
  assertEquals(lines[0]?.includes("canary"), false);
  assertEquals(JSON.parse(lines[0] ?? "").status, 200);
});

Deno.test("createLog() omits undefined fields, and keeps fields that are 0 or empty", () => {
  const { log, lines } = setUp("debug");
  log("info", "request", { status: undefined, ms: 0, detail: "" });
  const { status, ms, detail } = JSON.parse(lines[0] ?? "");
  assertEquals([status, ms, detail], [undefined, 0, ""]);
});

Deno.test("createLog() writes a value with line feeds on one line", () => {
  const { log, lines } = setUp("debug");
  log("info", "request", { detail: 'one\r\ntwo\u2028"three"' });
  assertEquals(lines[0]?.split(/\r|\n/).length, 1);
  assertEquals(JSON.parse(lines[0] ?? "").detail, 'one\r\ntwo\u2028"three"');
});

Deno.test("createLog() drops entries below its level", () => {
  const levels: LogLevel[] = ["debug", "info", "warning", "error"];
  for (const [index, lowest] of levels.entries()) {
    const { log, lines } = setUp(lowest);
    for (const level of levels) log(level, level, {});
    assertEquals(lines.map((line) => JSON.parse(line).message), levels.slice(index), lowest);
  }
});

Deno.test("createLog() cuts a long value", () => {
  const { log, lines } = setUp("debug");
  for (const name of Object.keys(EVERY_FIELD)) {
    log("info", "request", { [name]: "x".repeat(60_000) });
    const { [name]: value } = JSON.parse(lines.at(-1) ?? "");
    assertEquals(value, "x".repeat(name === "stack" ? 1500 : 500) + "…", name);
  }
});

Deno.test("describeError() returns the name and the stack of an error without its message", () => {
  function thrower(): never {
    throw new TypeError("https://amazon.test/?code=canary\n    at canary (fake frame)", { cause: "canary" });
  }
  try {
    thrower();
  } catch (error) {
    const { error: name, stack: frames = "" } = describeError(error);
    const stack = String(frames);
    assertEquals(name, "TypeError");
    assert(stack.includes("at thrower"), stack);
    assertEquals(stack.includes("amazon.test"), false);
    assertEquals(stack.includes("canary"), false, stack);
  }
});

Deno.test("describeError() returns no stack when the message was changed later", () => {
  const error = new Error("before\n    at canary");
  assert(error.stack?.includes("at canary"));
  error.message = "after";
  assertEquals(describeError(error), { error: "Error", stack: "" });
});

Deno.test("describeError() returns only the type of a value that is no error", () => {
  assertEquals(describeError("canary"), { error: "string" });
  assertEquals(describeError(undefined), { error: "undefined" });
  assertEquals(describeError({ message: "canary" }), { error: "object" });
});

function setUp(level: LogLevel) {
  const lines: string[] = [];
  const log = createLog({ level, clock: new FakeClock(), write: (line) => lines.push(line) });
  return { log, lines };
}
