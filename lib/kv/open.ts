/**
 * Opens the database of the service.
 *
 * @module
 */
import { StartError } from "../base/start_error.ts";

/** Thrown when a KV service cannot be reached now. It may be there in a moment. */
export class DatabaseAwayError extends StartError {
  /** The class name, for the log. */
  override name = "DatabaseAwayError";
}

/** Says where the data is, for the log: a path, the origin of a KV service, or that the platform attached it. */
export function placeOfDatabase(path: string | undefined): string {
  if (path === undefined) return "attached by the platform";
  return isUrl(path) ? new URL(path).origin : path;
}

/**
 * Opens the database. A file that does not exist is made for its owner alone; the files that SQLite puts beside it get the
 * same rights.
 *
 * @param path A file, the URL of a KV service, or undefined: the database of the platform.
 * @throws {DatabaseAwayError} when it is a KV service that cannot be reached
 * @throws {StartError} when it cannot be opened
 */
export async function openDatabase(path: string | undefined): Promise<Deno.Kv> {
  try {
    if (path !== undefined && path !== ":memory:" && !isUrl(path)) await makeFile(path);
    return await Deno.openKv(path);
  } catch (error) {
    const Kind = isAway(error) ? DatabaseAwayError : StartError;
    throw new Kind(`${reasonOf(error)}: KV_PATH is ${placeOfDatabase(path)}`, { cause: error });
  }
}

/** Returns whether the database is a KV service. */
export function isUrl(path: string): boolean {
  return /^https?:\/\//.test(path);
}

async function makeFile(path: string): Promise<void> {
  try {
    (await Deno.open(path, { createNew: true, write: true, mode: 0o600 })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

/** Tells whether a KV service did not answer, or answered that it is busy. */
function isAway(error: unknown): boolean {
  const { message = "" } = error as { readonly message?: string };
  return /failed to connect|responded with status (?:408|429|5\d\d)/.test(message);
}

/** Says what is wrong and what to do. The message of an error can hold a URL with a secret, so it is not repeated. */
function reasonOf(error: unknown): string {
  const { code = "", message = "" } = error as { readonly code?: string; readonly message?: string };
  if (error instanceof Deno.errors.NotFound) return "The folder of the database does not exist: make it";
  if (error instanceof Deno.errors.IsADirectory) return "The database is a folder: name a file in it";
  if (error instanceof Deno.errors.NotCapable) {
    return "Deno is not allowed to use the database: see deno task start";
  }
  if (code === "EROFS" || /read-?only/i.test(message)) {
    return "The disk of the database is read-only: choose another";
  }
  if (error instanceof Deno.errors.PermissionDenied || code === "EACCES") {
    return "The user of this process may not write the database: give it the file and its folder";
  }
  if (/not a database/.test(message)) return "The file is not a database: name another, or restore a backup";
  if (/unable to open/.test(message)) {
    return "The database cannot be opened: the file and its folder must be writable, and no folder";
  }
  if (isAway(error)) return "The KV service cannot be reached";
  if (/status 40[13]/.test(message)) return "The KV service does not take the token in DENO_KV_ACCESS_TOKEN";
  if (/responded with status/.test(message)) return "Another server answers in the place of the KV service";
  if (/ACCESS_TOKEN/.test(message)) return "The KV service needs its token in DENO_KV_ACCESS_TOKEN";
  return "The database cannot be opened";
}
