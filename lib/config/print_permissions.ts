/**
 * Prints the rights that the service needs, for `deno task start`. It also warns of variables whose names are mistyped: this
 * process may read every name, and the service only its own. With a wrong configuration it prints nothing, and the service
 * says what is wrong.
 *
 * @module
 */
import { systemClock as clock } from "../base/clock.ts";
import { createLog } from "../base/log.ts";
import { ConfigError, parseConfig } from "./config.ts";
import { readEnvironment, warnOfMistypedNames } from "./environment.ts";
import { permissionFlags } from "./permissions.ts";

// What goes to the standard output becomes flags.
warnOfMistypedNames(
  Object.keys(Deno.env.toObject()),
  createLog({ level: "info", clock, write: console.error }),
);
try {
  const config = parseConfig(readEnvironment((name) => Deno.env.get(name)), { production: true });
  console.log(permissionFlags(config).join(" "));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
}
