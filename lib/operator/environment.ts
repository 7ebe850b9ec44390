/**
 * The environment of the operator's commands: the variables of the service, and its database.
 *
 * @module
 */
import { createLog } from "../base/log.ts";
import { type Config, ConfigError, type Environment, parseConfig } from "../config/config.ts";
import { findDatabaseFaults } from "../config/platform.ts";
import { createServices, type Services } from "../services.ts";
import { type Call, CommandError } from "./command.ts";

/** Stands in for what the service needs and a command does not. None of it is ever used. */
const NOT_NEEDED: Environment = {
  AMAZON_CLIENT_ID: "none",
  AMAZON_CLIENT_SECRET: "none",
  PUBLIC_URL: "https://oneclick.invalid",
};

/**
 * Reads the variables that the service reads. A command works without the Amazon client and without `PUBLIC_URL`; what is
 * set must be right.
 *
 * @throws {ConfigError} when there are faults; it names all of them
 */
export function readConfig(env: Environment): Config {
  const amazon = env.AMAZON_CLIENTS ? { AMAZON_CLIENT_ID: undefined, AMAZON_CLIENT_SECRET: undefined } : {};
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const config = parseConfig({ ...NOT_NEEDED, ...amazon, ...given });
  assertDatabase(env);
  return config;
}

/**
 * Checks that there is a database to open.
 *
 * @throws {ConfigError} without `KV_PATH`, as a command would open an empty database of its own, and for a KV service
 *   whose token cannot be sent
 */
export function assertDatabase(env: Environment): void {
  if (!env.KV_PATH) {
    throw new ConfigError(["KV_PATH is missing: the file of the database, or the URL of a KV service"]);
  }
  // Without a token the database itself says what is missing. One that no header can hold ends Deno with a panic.
  const faults = env.DENO_KV_ACCESS_TOKEN ? findDatabaseFaults(env) : [];
  if (faults.length > 0) throw new ConfigError(faults);
}

/** The open database of a command, and the services that use it. */
export interface Opened extends AsyncDisposable {
  /** The services, as the service has them. Their log goes to stderr. */
  readonly services: Services;
  /** The database itself. */
  readonly kv: Deno.Kv;
}

/**
 * Opens the database and makes the services for a call. The log goes to stderr, from level warning on.
 *
 * @throws {ConfigError} when the environment has faults
 * @throws {CommandError} `storage_unavailable` when the database cannot be opened
 */
export async function openServices(
  { env, clock, progress }: Pick<Call, "env" | "clock" | "progress">,
): Promise<Opened> {
  const config = readConfig(env);
  const kv = await openDatabase(env);
  const services = createServices({
    config,
    kv,
    clock,
    log: createLog({ level: "warning", clock, write: progress }),
    fetch,
    cores: 1,
  });
  return {
    services,
    kv,
    async [Symbol.asyncDispose]() {
      await services.background.idle();
      kv.close();
    },
  };
}

/**
 * Opens the database of `KV_PATH`.
 *
 * @param options `create`: whether a file that does not exist is created; by default it is not.
 * @throws {CommandError} `not_found` or `storage_unavailable`
 */
export async function openDatabase(
  { KV_PATH: path = "" }: Environment,
  { create = false }: { readonly create?: boolean } = {},
): Promise<Deno.Kv> {
  if (!create && isFile(path) && !await exists(path)) {
    // Opening it would make an empty database, and every customer would seem unknown.
    throw new CommandError("not_found", `There is no database at KV_PATH, ${path}`);
  }
  try {
    return await Deno.openKv(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError("storage_unavailable", `The database at KV_PATH cannot be opened: ${why}`);
  }
}

/** Tells whether `KV_PATH` is the path of a file, and not a URL or a database in memory. */
export function isFile(path: string): boolean {
  return !/^https?:\/\//.test(path) && path !== ":memory:";
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
