/**
 * Runs `deno task doctor`: checks the configuration and everything that the service depends on.
 *
 * @module
 */
import { type Config, ConfigError, type Environment, parseConfig } from "../config/config.ts";
import { findMistypedNames } from "../config/environment.ts";
import { amazonChecks } from "./doctor/amazon_checks.ts";
import { type Check, type CheckResult, runCheck } from "./doctor/check.ts";
import { NETWORK_CHECKS } from "./doctor/network_checks.ts";
import { STORAGE_CHECKS } from "./doctor/storage_checks.ts";
import { assertDatabase } from "./environment.ts";
import { main } from "./program.ts";
import { type Program } from "./command.ts";

/** The program. */
export const DOCTOR: Program = {
  name: "deno task doctor",
  does: "Check the configuration and everything that the service depends on.",
  commands: [{
    name: "",
    args: "",
    does:
      "Check configuration, keys, database, Amazon client, RVS secret, mail, webhook, PUBLIC_URL and clock",
    more: "It writes and sends nothing. The exit code is 1 when a check fails.",
    async run({ env, clock }) {
      const { config, faults } = readConfiguration(env);
      const mistyped = findMistypedNames(Object.keys(env).filter((name) => env[name] !== undefined))
        .map(({ given, meant }) => `${given} is not read: is ${meant} meant?`);
      const configuration: CheckResult = {
        name: "configuration",
        ok: faults.length === 0,
        detail: [...(faults.length === 0 ? ["The environment is complete"] : faults), ...mistyped].join("; "),
        mend: faults.length === 0 ? null : "Mend these variables: see lib/config/README.md",
      };
      const checks = [
        configuration,
        ...await runAll(config, (check, config) => runCheck(check, { env, config, clock, fetch })),
      ];
      const text = checks.flatMap(({ name, ok, detail, mend }) => [
        `${ok ? "ok  " : "FAIL"}  ${name}: ${detail}`,
        ...(mend === null ? [] : [`      → ${mend}`]),
      ]);
      return { json: { checks }, text, ok: checks.every(({ ok }) => ok) };
    },
  }],
};

function readConfiguration(
  env: Environment,
): { readonly config: Config | null; readonly faults: readonly string[] } {
  try {
    const config = parseConfig(env);
    assertDatabase(env);
    return { config, faults: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { config: null, faults: error.faults };
  }
}

/** Runs the checks. Without a configuration they cannot run, and say so. */
async function runAll(
  config: Config | null,
  run: (check: Check, config: Config) => Promise<CheckResult>,
): Promise<CheckResult[]> {
  if (config !== null) {
    return await Promise.all(
      [...STORAGE_CHECKS, ...amazonChecks(config), ...NETWORK_CHECKS].map((check) => run(check, config)),
    );
  }
  const names = [
    ...STORAGE_CHECKS.map(({ name }) => name),
    "amazon",
    "rvs",
    ...NETWORK_CHECKS.map(({ name }) => name),
  ];
  return names.map((name) => ({
    name,
    ok: false,
    detail: "Not checked",
    mend: "Mend the configuration first",
  }));
}

if (import.meta.main) await main(DOCTOR);
