/**
 * The metrics that follow from the log: which of its events count for which metric.
 *
 * @module
 */
import type { LogFields, LogLevel } from "../base/log.ts";
import type { Attributes, COUNTERS } from "../base/telemetry.ts";

/** A metric that counts one more, and the values that describe what is counted. */
export type Count = readonly [keyof typeof COUNTERS, Attributes];

/** The routes that sign in, each with the method of the sign-in. */
export const SIGN_IN_ROUTES: Readonly<Record<string, string>> = {
  "POST /v1/sessions/amazon": "one_click",
  "POST /v1/sessions": "password",
  "POST /v1/accounts": "sign_up",
  "POST /v1/sessions/activation": "activation",
  "POST /v1/sessions/receipt": "receipt",
};

/** Problems by which a limit turns a request away. */
const LIMITS: readonly unknown[] = ["rate_limited", "slow_down", "overloaded"];
/** Answers to a TV whose customer is still busy. Nothing has come of that sign-in yet. */
const NOT_YET: readonly unknown[] = ["authorization_pending", "slow_down"];
const CREATED = 201;

/** What each event of the log counts for. */
const COUNTS: Readonly<Record<string, (fields: LogFields) => readonly Count[]>> = {
  request: countRequest,
  upstream: ({ endpoint, outcome }) =>
    endpoint === "rvs" && outcome !== "not_waited_for" ? [["oneclick.receipts", state(outcome)]] : [],
  receipt_not_confirmed: () => [["oneclick.receipts", state("not_confirmed")]],
  purchase_unfulfilled: () => [["oneclick.receipts", state("unfulfilled")]],
  purchase_unclaimed: () => [["oneclick.receipts", state("unclaimed")]],
  mail_sent: (fields) => [["oneclick.mails", mail("sent", fields)]],
  mail_delayed: (fields) => [["oneclick.mails", mail("delayed", fields)]],
  mail_given_up: (fields) => [["oneclick.mails", mail("given_up", fields)]],
  webhook_sent: (fields) => [["oneclick.webhooks", webhook("sent", fields)]],
  webhook_delayed: (fields) => [["oneclick.webhooks", webhook("delayed", fields)]],
  webhook_given_up: (fields) => [["oneclick.webhooks", webhook("given_up", fields)]],
  task_failed: ({ task }) => [["oneclick.tasks.failed", { "oneclick.task": task }]],
};

/** The events of the log that count for a metric. */
export const COUNTED_EVENTS: readonly string[] = Object.keys(COUNTS);

/** Returns what an entry of the log counts for. */
export function countsOf(level: LogLevel, event: string, fields: LogFields): readonly Count[] {
  const counts = Object.hasOwn(COUNTS, event) ? COUNTS[event]?.(fields) ?? [] : [];
  if (level !== "warning" && level !== "error") return counts;
  return [...counts, ["oneclick.log.records", { "oneclick.event": event, "oneclick.level": level }]];
}

function countRequest({ method, route, status, problem, replayed }: LogFields): readonly Count[] {
  const signIn = SIGN_IN_ROUTES[`${method} ${route}`];
  const counts: Count[] = [];
  if (signIn !== undefined && !NOT_YET.includes(problem)) {
    const outcome = problem ??
      (replayed !== undefined ? "replayed" : status === CREATED ? "created" : "signed_in");
    counts.push(["oneclick.sign_ins", { "oneclick.method": signIn, "oneclick.outcome": outcome }]);
  }
  if (replayed !== undefined) counts.push(["oneclick.replays", { "oneclick.method": signIn }]);
  if (problem !== undefined) {
    counts.push(["oneclick.problems", { "http.route": route, "error.type": problem }]);
  }
  if (LIMITS.includes(problem)) {
    counts.push(["oneclick.limits.hit", { "http.route": route, "error.type": problem }]);
  }
  return counts;
}

function state(value: string | number | undefined): Attributes {
  return { "oneclick.state": value };
}

function mail(value: string, { mail_kind }: LogFields): Attributes {
  return { "oneclick.state": value, "oneclick.kind": mail_kind };
}

function webhook(value: string, { event_type }: LogFields): Attributes {
  return { "oneclick.state": value, "oneclick.kind": event_type };
}
