/** What the entries of the log count for. */
import { assert, assertEquals } from "@std/assert";
import type { LogFields, LogLevel } from "../../../lib/base/log.ts";
import { COUNTERS } from "../../../lib/base/telemetry.ts";
import { COUNTED_EVENTS, countsOf, SIGN_IN_ROUTES } from "../../../lib/telemetry/log_counts.ts";
import { createApp } from "../../../routes/mod.ts";
import { documentedOperations } from "../../support/openapi_check.ts";
import { TestService } from "../../support/test_service.ts";

const ROOT = new URL("../../../", import.meta.url);
const ignore = Deno.permissions.querySync({ name: "read", path: ROOT }).state !== "granted";

type Case = [event: string, fields: LogFields, ...counts: (readonly [string, ...unknown[]])[]];

/** Entries, and for each metric that counts one more: its name, and the values in the order of its list. */
const CASES: readonly Case[] = [
  ["mail_sent", { mail_kind: "reset" }, ["oneclick.mails", "sent", "reset"]],
  ["mail_delayed", { mail_kind: "reset" }, ["oneclick.mails", "delayed", "reset"]],
  ["mail_given_up", { mail_kind: "nudge" }, ["oneclick.mails", "given_up", "nudge"]],
  ["webhook_sent", { event_type: "session.created" }, ["oneclick.webhooks", "sent", "session.created"]],
  ["webhook_delayed", { event_type: "session.created" }, ["oneclick.webhooks", "delayed", "session.created"]],
  ["webhook_given_up", { event_type: "session.created" }, [
    "oneclick.webhooks",
    "given_up",
    "session.created",
  ]],
  ["upstream", { endpoint: "rvs", outcome: "confirmed" }, ["oneclick.receipts", "confirmed"]],
  ["upstream", { endpoint: "rvs", outcome: "gone" }, ["oneclick.receipts", "gone"]],
  ["upstream", { endpoint: "rvs", outcome: "not_waited_for" }],
  ["upstream", { endpoint: "token", outcome: "ok" }],
  ["receipt_not_confirmed", {}, ["oneclick.receipts", "not_confirmed"]],
  ["purchase_unfulfilled", {}, ["oneclick.receipts", "unfulfilled"]],
  ["purchase_unclaimed", {}, ["oneclick.receipts", "unclaimed"]],
  ["task_failed", { task: "nudge" }, ["oneclick.tasks.failed", "nudge"]],
  ["listening", {}],
  ["constructor", {}],
  [
    "request",
    { method: "POST", route: "/v1/sessions/amazon", status: 201 },
    ["oneclick.sign_ins", "one_click", "created"],
  ],
  [
    "request",
    { method: "POST", route: "/v1/sessions", status: 200 },
    ["oneclick.sign_ins", "password", "signed_in"],
  ],
  [
    "request",
    { method: "POST", route: "/v1/accounts", status: 201, replayed: "true" },
    ["oneclick.sign_ins", "sign_up", "replayed"],
    ["oneclick.replays", "sign_up"],
  ],
  [
    "request",
    { method: "POST", route: "/v1/sessions/receipt", status: 503, problem: "overloaded" },
    ["oneclick.sign_ins", "receipt", "overloaded"],
    ["oneclick.problems", "/v1/sessions/receipt", "overloaded"],
    ["oneclick.limits.hit", "/v1/sessions/receipt", "overloaded"],
  ],
  // A TV whose customer is still busy has not signed in, and has not failed to.
  [
    "request",
    { method: "POST", route: "/v1/sessions/activation", status: 400, problem: "authorization_pending" },
    ["oneclick.problems", "/v1/sessions/activation", "authorization_pending"],
  ],
  ["request", { method: "GET", route: "/v1/sessions", status: 200 }],
];

Deno.test("each entry of the log counts for its metrics, with the values that describe them", () => {
  for (const [event, fields, ...counts] of CASES) {
    assertEquals(
      countsOf("info", event, fields).map((
        [name, values],
      ) => [name, ...COUNTERS[name].by.map((key) => values[key])]),
      counts.map((count) => [...count]),
      `${event} ${JSON.stringify(fields)}`,
    );
  }
});

Deno.test("each entry at WARN and ERROR is counted by its event", () => {
  for (
    const [level, counted] of [["debug", 0], ["info", 0], ["warning", 1], ["error", 1]] as [
      LogLevel,
      number,
    ][]
  ) {
    const counts = countsOf(level, "some_event", {});
    assertEquals(counts.length, counted);
    for (const [name, values] of counts) {
      assertEquals([name, values], ["oneclick.log.records", {
        "oneclick.event": "some_event",
        "oneclick.level": level,
      }]);
    }
  }
});

Deno.test("each event that is counted is tested, and is one that the service logs", { ignore }, () => {
  assertEquals(new Set(CASES.map(([event]) => event)).isSupersetOf(new Set(COUNTED_EVENTS)), true);
  const source = ["lib/amazon", "lib/outbox", "lib/purchases", "routes/http"].flatMap(filesIn)
    .concat(new URL("lib/due_tasks.ts", ROOT)).map((url) => Deno.readTextFileSync(url)).join("\n");
  const unknown = COUNTED_EVENTS.filter((event) => !source.includes(`"${event}"`) && !isMade(source, event));
  assertEquals(unknown, []);
});

Deno.test("each operation that answers with a session is a sign-in", async () => {
  await using service = await TestService.open();
  const signIns = documentedOperations(createApp(service.services)).filter(({ responses }) =>
    JSON.stringify(responses).includes("session_token")
  ).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  assert(signIns.length > 3);
  assertEquals(signIns.toSorted(), Object.keys(SIGN_IN_ROUTES).toSorted());
});

/** Returns true when the source puts the name together of its two parts, as in `${kind}_sent`. */
function isMade(source: string, event: string): boolean {
  return source.includes(`}_${event.split("_").slice(1).join("_")}\``);
}

function filesIn(folder: string): URL[] {
  const url = new URL(`${folder}/`, ROOT);
  return [...Deno.readDirSync(url)].flatMap(({ name, isFile }) =>
    isFile ? [new URL(name, url)] : filesIn(`${folder}/${name}`)
  );
}
