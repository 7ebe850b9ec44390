/**
 * Serves the console's own modules and the device client to a browser. Only the types are removed: nothing is built or
 * bundled.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";

const ROOT = new URL("../../../../", import.meta.url);
const SERVED = /^lib\/(?:client|dev\/console\/browser)\/[a-z_]+\.ts$/;

/**
 * Reads a module from its file and returns it as JavaScript.
 *
 * @param path The path from the project's folder, as `lib/client/mod.ts`.
 * @returns Null for a module that is not for browsers, or does not exist.
 */
export async function browserModule(path: string): Promise<string | null> {
  if (!SERVED.test(path)) return null;
  try {
    return stripTypeScriptTypes(await Deno.readTextFile(new URL(path, ROOT)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
