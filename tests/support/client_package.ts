/**
 * The npm package of the device client, built as `deno task build:client` builds it.
 *
 * @module
 */
import { assert } from "@std/assert";
import { fileURLToPath } from "node:url";
import denoJson from "../../deno.json" with { type: "json" };

const FOLDER = "dist/client";

/** Builds the package in a folder, by the command of the task and with the rights of the task. */
export async function buildClientPackage(folder: string): Promise<void> {
  const { command } = denoJson.tasks["build:client"];
  const [program, ...args] = command.split(" ");
  assert(program === "deno" && args.at(-1) === FOLDER, command);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args.slice(0, -1), folder],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}
