/**
 * Prints the rights that the service needs and then the module to run, for `deno task start`. It also warns of variables
 * whose names are mistyped: this process may read every name, and the service only its own. With a wrong configuration it
 * prints no rights, and the service says what is wrong.
 *
 * @module
 */
import { systemClock as clock } from "../base/clock.ts";
import { createLog } from "../base/log.ts";
import { ConfigError, parseConfig } from "./config.ts";
import { findEntry } from "./entry.ts";
import { readEnvironment, warnOfMistypedNames } from "./environment.ts";
import { permissionFlags } from "./permissions.ts";

// The standard output becomes the flags of `deno run`, so the log goes to the standard error.
const log = createLog({ level: "info", clock, write: console.error });
warnOfMistypedNames(Object.keys(Deno.env.toObject()), log);
const { path, outdated } = findEntry();
if (outdated) {
  log("warning", "build_outdated", {
    detail: "The sources are newer than the build, and are run: deno task build",
  });
}
console.log([...flags(), path].join(" "));

function flags(): string[] {
  try {
    return permissionFlags(parseConfig(readEnvironment((name) => Deno.env.get(name)), { production: true }));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [];
  }
}
