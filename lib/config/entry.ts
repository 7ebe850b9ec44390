/**
 * What `deno task start` runs: the sources, or what `deno task build` has made of them.
 *
 * @module
 */

/** The sources. */
export const SOURCE = "main.ts";
/** What `deno task build` makes: the same modules in few files, which start in three quarters of the time. */
export const BUILT = "dist/server/main.js";

/** All that the build is made of. */
const INGREDIENTS = [SOURCE, "deno.json", "deno.lock", "lib", "routes"];

/** A module to run. */
export interface Entry {
  /** {@linkcode BUILT}, or {@linkcode SOURCE}. */
  readonly path: string;
  /** Whether something was built, and a source is newer. */
  readonly outdated: boolean;
}

/**
 * Finds the module to run. A build that is older than a source is not run.
 *
 * @param folder The folder of the repository, which the process may read.
 */
export function findEntry(folder = "."): Entry {
  const builtAt = timeOf(`${folder}/${BUILT}`);
  const outdated = builtAt > 0 && INGREDIENTS.some((name) => timeOf(`${folder}/${name}`) > builtAt);
  return { path: builtAt > 0 && !outdated ? BUILT : SOURCE, outdated };
}

/**
 * Returns when a file was changed, or the file in a folder that was changed last, in milliseconds since the epoch; 0:
 * never.
 */
function timeOf(path: string): number {
  try {
    const { isDirectory, mtime } = Deno.statSync(path);
    if (!isDirectory) return mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
  return Math.max(0, ...Array.from(Deno.readDirSync(path), ({ name }) => timeOf(`${path}/${name}`)));
}
