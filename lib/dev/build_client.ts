/**
 * `deno task build:client`: makes the npm package of the device client in the folder that is named: one module
 * without an import, its types, and the licence. What uses it minifies it.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);

const PACKAGE = {
  name: "oneclick-client",
  version: "1.0.0",
  description: "One-click sign-in for TV apps of the Amazon Appstore: the device's side of Oneclick",
  license: "MIT",
  type: "module",
  sideEffects: false,
  // Metro before 0.79 reads `main` and `types` alone.
  main: "./mod.js",
  types: "./mod.d.ts",
  exports: { ".": { types: "./mod.d.ts", default: "./mod.js" } },
  files: ["mod.js", "mod.d.ts", "LICENSE"],
};

const [folder] = Deno.args;
if (folder === undefined) throw new TypeError("Name the folder to build in");
await Deno.mkdir(folder, { recursive: true });
const { success } = await new Deno.Command(Deno.execPath(), {
  args: [
    "bundle",
    "--quiet",
    // The client needs nothing of the service's packages, and their types do not go together with the engine's.
    "--no-config",
    "--platform=browser",
    "--declaration",
    `--output=${folder}/mod.js`,
    fileURLToPath(new URL("lib/client/mod.ts", ROOT)),
  ],
}).spawn().status;
if (!success) throw new Error("The client cannot be bundled");
await hideInternals(`${folder}/mod.d.ts`);
await Deno.writeTextFile(`${folder}/package.json`, `${JSON.stringify(PACKAGE, null, 2)}\n`);
await Deno.copyFile(new URL("LICENSE", ROOT), `${folder}/LICENSE`);

/** Bundled declarations export what the modules share among themselves; the package exports what `mod.ts` does. */
async function hideInternals(path: string): Promise<void> {
  const face = await Deno.readTextFile(new URL("lib/client/mod.ts", ROOT));
  const names = Array.from(
    face.matchAll(/^export (?:type \{([^}]+)\}|(?:interface|function) (\w+))/gm),
    ([, list, name]) => (list ?? name ?? "").match(/\w+/g) ?? [],
  ).flat();
  const declarations = (await Deno.readTextFile(path)).replaceAll(
    /^export (?=(?:declare function|interface|type) (\w+))/gm,
    (keyword, name) => names.includes(name) ? keyword : "",
  );
  await Deno.writeTextFile(path, `${declarations}\nexport {};\n`);
}
