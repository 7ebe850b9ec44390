/**
 * The environment of a process: the variables that the service reads, by their names, and names that look like one of them.
 *
 * @module
 */
import type { Log } from "../base/log.ts";
import { VARIABLES } from "./config.ts";
import type { Environment } from "./platform.ts";

/** Variables of Deno and of Deno Deploy that the service looks at, beside its own. */
export const PLATFORM_VARIABLES = ["DENO_DEPLOY", "DENO_TIMELINE", "DENO_KV_ACCESS_TOKEN"] as const;

/** Reads every variable of the service by its name, as a process may not be allowed to read any other. */
export function readEnvironment(get: (name: string) => string | undefined): Environment {
  return Object.fromEntries([...VARIABLES, ...PLATFORM_VARIABLES].map((name) => [name, get(name)]));
}

/** Returns true when no variable of the service is set. */
export function isEmpty(env: Environment): boolean {
  return VARIABLES.every((name) => !env[name]);
}

/** A name that looks like one of ours. */
export interface MistypedName {
  /** The name in the environment. */
  readonly given: string;
  /** The variable of the service that it looks like. */
  readonly meant: string;
}

/** Finds names of variables that are close to a name of ours, and are no name of ours. */
export function findMistypedNames(names: Iterable<string>): MistypedName[] {
  const known = new Set<string>([...VARIABLES, ...PLATFORM_VARIABLES]);
  return Array.from(names).filter((given) => !known.has(given)).flatMap((given) => {
    const meant = VARIABLES.find((name) => isClose(given, name));
    return meant === undefined ? [] : [{ given, meant }];
  });
}

/** Logs each name that looks like one of ours. Neither its value nor that of ours is logged. */
export function warnOfMistypedNames(names: Iterable<string>, log: Log): void {
  for (const { given, meant } of findMistypedNames(names)) {
    log("warning", "unknown_variable", { detail: `${given} is not read. Is ${meant} meant?` });
  }
}

function isClose(given: string, name: string): boolean {
  const plain = (text: string) => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  if (plain(given) === plain(name)) return true;
  // A short name has many neighbours that mean something else, such as HOME beside HOST.
  const most = name.length <= 6 ? 1 : name.length <= 12 ? 2 : 3;
  return Math.abs(given.length - name.length) <= most && distance(given.toUpperCase(), name) <= most;
}

/** Counts the letters to insert, remove, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      const replace = at(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]);
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replace, swap));
    }
  }
  return at(a.length, b.length);
}
