/**
 * What Deno Deploy tells a process about its place, and where the database is elsewhere.
 *
 * @module
 */

import { isQuoted } from "./plain_text.ts";

/** A set of environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns true on Deno Deploy. It attaches a database of its own. */
export function isOnDeploy({ DENO_DEPLOY, DENO_TIMELINE }: Environment): boolean {
  return Boolean(DENO_DEPLOY) || Boolean(DENO_TIMELINE);
}

/** Returns true on a branch or a preview of Deno Deploy: on every timeline but production. */
export function isBranch({ DENO_TIMELINE }: Environment): boolean {
  return Boolean(DENO_TIMELINE) && DENO_TIMELINE !== "production";
}

/**
 * Finds out whether the process has a database that lasts. Returns the faults.
 * @internal
 */
export function findDatabaseFaults(env: Environment): string[] {
  const { KV_PATH: path, DENO_KV_ACCESS_TOKEN: token } = env;
  if (path === undefined) {
    return isOnDeploy(env) ? [] : [
      "KV_PATH is missing: the file for the accounts, such as /var/lib/oneclick/kv.sqlite3, or the URL of a KV service",
    ];
  }
  const isUrl = /^https?:\/\//.test(path);
  if (isUrl && !URL.canParse(path)) {
    return ["KV_PATH must be the path of a file or an http:// or https:// URL"];
  }
  if (!isUrl && /^\w+:\/\//.test(path)) {
    return ["KV_PATH must be the path of a file or an http:// or https:// URL"];
  }
  if (isUrl && token === undefined) {
    return ["DENO_KV_ACCESS_TOKEN is missing: the token of the KV service that KV_PATH names"];
  }
  // Deno ends with a panic when a header cannot hold the token.
  if (isUrl && (!/^[\x21-\x7e]+$/.test(token ?? "") || isQuoted(token ?? ""))) {
    return [
      "DENO_KV_ACCESS_TOKEN must have visible ASCII characters alone: look for a blank, a quote or a cut copy",
    ];
  }
  return [];
}
