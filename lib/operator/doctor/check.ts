/**
 * A check of the doctor, and its result.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import { Deadline, DeadlineError } from "../../base/clock.ts";
import type { Config, Environment } from "../../config/config.ts";

/** The result of a check. */
export interface CheckResult {
  /** What was checked. */
  readonly name: string;
  /** Whether it is all right. */
  readonly ok: boolean;
  /** What was found. No secret is in it. */
  readonly detail: string;
  /** What mends it; null when nothing has to be mended. */
  readonly mend: string | null;
}

/** What a check uses. */
export interface CheckServices {
  /** The environment of the process. */
  readonly env: Environment;
  /** The settings of the service. */
  readonly config: Config;
  /** Tells the time. */
  readonly clock: Clock;
  /** Calls others. */
  readonly fetch: typeof fetch;
}

/** What a check has found: what it is, and what mends it. */
export type Finding = string | { readonly detail: string; readonly mend: string };

/** Milliseconds for one check. */
const WITHIN_MS = 15_000;

/** A check: its name, and what it finds. A text says that all is right. */
export interface Check {
  /** What is checked. */
  readonly name: string;
  /** What mends it when the check does not come to its end. */
  readonly mend: string;
  /** Checks. It rejects when it cannot. */
  readonly run: (services: CheckServices, signal: AbortSignal) => Promise<Finding>;
}

/** Runs a check. A check that fails or takes too long is a result as well. */
export async function runCheck({ name, mend, run }: Check, services: CheckServices): Promise<CheckResult> {
  using deadline = new Deadline(services.clock, WITHIN_MS);
  try {
    const finding = await deadline.race(run(services, deadline.signal));
    return typeof finding === "string"
      ? { name, ok: true, detail: finding, mend: null }
      : { name, ok: false, ...finding };
  } catch (error) {
    return { name, ok: false, detail: reasonOf(error), mend };
  }
}

/**
 * What a failed connection says, by a sign in its error. The text of the error can hold a whole URL, so it is not
 * shown.
 */
const REASONS: readonly (readonly [sign: RegExp, reason: string])[] = [
  [/dns error|lookup address/, "The name of the host is not known"],
  [/refused/, "The connection is refused: nothing listens there"],
  [/certificate|Issuer/i, "The certificate of the host is not accepted"],
  [/tls|ssl|corrupt message/i, "The host does not speak TLS as it should"],
  [/client error|fetch failed|error sending/, "No connection could be made, or it broke off"],
];

function reasonOf(error: unknown): string {
  if (error instanceof DeadlineError) return `Nothing came within ${WITHIN_MS / 1000} seconds`;
  const { name = typeof error, message = "", cause } = error as Partial<Error>;
  const texts = [message, cause instanceof Error ? cause.message : ""].join();
  const [, reason = `The check failed: ${name}`] = REASONS.find(([sign]) => sign.test(texts)) ?? [];
  return reason;
}
