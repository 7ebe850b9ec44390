/**
 * The console's own modules and the device client, as a browser runs them: their types are taken off, nothing is
 * built or bundled.
 *
 * @module
 */
import { stripTypeScriptTypes } from "node:module";

const ROOT = new URL("../../../../", import.meta.url);
const SERVED = /^lib\/(?:client|dev\/console\/browser)\/[a-z_]+\.ts$/;

/**
 * Reads a module, as it is at this moment.
 *
 * @param path From the project's folder, as `lib/client/mod.ts`.
 * @returns JavaScript; null for a module that is not for browsers, or is not there.
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
