/**
 * Runs `deno task build:client`: builds the npm package of the device client in the given folder. The package holds one
 * module without imports, its types and the licence. The module is not minified, as the app's bundler does that.
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
  // Metro before 0.79 ignores `exports` and reads `main` and `types`.
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
    // The client needs none of the service's packages, whose types conflict with those of the browser platform.
    "--no-config",
    "--platform=browser",
    "--declaration",
    `--output=${folder}/mod.js`,
    fileURLToPath(new URL("lib/client/mod.ts", ROOT)),
  ],
}).spawn().status;
if (!success) throw new Error("The client could not be bundled");
await hideInternals(`${folder}/mod.d.ts`);
await Deno.writeTextFile(`${folder}/package.json`, `${JSON.stringify(PACKAGE, null, 2)}\n`);
await Deno.copyFile(new URL("LICENSE", ROOT), `${folder}/LICENSE`);

/** Removes `export` from the declarations that `mod.ts` does not export: the bundler exports every shared one. */
async function hideInternals(path: string): Promise<void> {
  const source = await Deno.readTextFile(new URL("lib/client/mod.ts", ROOT));
  const names = Array.from(
    source.matchAll(/^export (?:type \{([^}]+)\}|(?:interface|function) (\w+))/gm),
    ([, list, name]) => (list ?? name ?? "").match(/\w+/g) ?? [],
  ).flat();
  const declarations = (await Deno.readTextFile(path)).replaceAll(
    /^export (?=(?:declare function|interface|type) (\w+))/gm,
    (keyword, name) => names.includes(name) ? keyword : "",
  );
  await Deno.writeTextFile(path, `${declarations}\nexport {};\n`);
}
