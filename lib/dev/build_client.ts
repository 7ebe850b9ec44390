/**
 * Runs `deno task build:client`: builds the npm package of the device client in the given folder. The package holds
 * one module without imports, as an ES module and as a CommonJS one, its types, a README and the licence. The module is
 * not minified, as the app's bundler does that.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
// Packages of deno.json are installed before every task. These are for this one alone. The types need the compiler's API,
// which TypeScript 7 does not have.
// deno-lint-ignore no-import-prefix
import "npm:typescript@5.9.3";
// deno-lint-ignore no-import-prefix
import { rollup } from "npm:rollup@4.68.8";
// deno-lint-ignore no-import-prefix
import { dts } from "npm:rollup-plugin-dts@6.5.1";

const ROOT = new URL("../../", import.meta.url);
const SOURCE = fileURLToPath(new URL("lib/client/mod.ts", ROOT));

const PACKAGE = {
  name: "oneclick-client",
  version: "1.0.0",
  description: "One-click sign-in for TV apps of the Amazon Appstore: the device's side of Oneclick",
  license: "MIT",
  sideEffects: false,
  // Metro before 0.79 ignores `exports` and reads `main` and `types`. Jest before 30 takes CommonJS alone.
  main: "./mod.cjs",
  module: "./mod.mjs",
  types: "./mod.d.ts",
  exports: { ".": { types: "./mod.d.ts", import: "./mod.mjs", default: "./mod.cjs" } },
  files: ["mod.cjs", "mod.mjs", "mod.d.ts", "README.md", "LICENSE"],
};

const [folder] = Deno.args;
if (folder === undefined) throw new TypeError("Name the folder to build in");
await Deno.mkdir(folder, { recursive: true });
await step("module", () => bundle("esm", `${folder}/mod.mjs`));
await step("module for CommonJS", () => bundle("cjs", `${folder}/mod.cjs`));
await step("types", writeTypes);
await step("README and licence", writeTexts);

async function step(name: string, work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await work();
  console.log(`${name}: ${Math.round(performance.now() - start)} ms`);
}

async function bundle(format: "esm" | "cjs", output: string): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    // The client needs none of the service's packages, whose types conflict with those of the browser platform.
    args: [
      "bundle",
      "--quiet",
      "--no-config",
      "--platform=browser",
      `--format=${format}`,
      "-o",
      output,
      SOURCE,
    ],
  }).spawn().status;
  if (!success) throw new Error("The client could not be bundled");
}

/** Writes one file of types with what the package exports, and what those types are made of. */
async function writeTypes(): Promise<void> {
  const compilerOptions = {
    allowImportingTsExtensions: true,
    exactOptionalPropertyTypes: true,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    types: [],
  };
  const build = await rollup({ input: SOURCE, plugins: [dts({ compilerOptions })], onwarn: fail });
  await build.write({ file: `${folder}/mod.d.ts`, format: "es" });
}

function fail(warning: { message: string }): never {
  throw new Error(warning.message);
}

async function writeTexts(): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, `${JSON.stringify(PACKAGE, null, 2)}\n`);
  await Deno.copyFile(new URL("LICENSE", ROOT), `${folder}/LICENSE`);
  const readme = await Deno.readTextFile(new URL("lib/client/README.md", ROOT));
  // Links to other files of this repository lead nowhere from the package.
  const text = readme.replaceAll(/\[([^\]]+)\]\((?!https?:|#)[^)]+\)/g, "$1")
    .replace(/"\.\/mod\.ts"; \/\/ in an app: .*/, '"oneclick-client";');
  await Deno.writeTextFile(`${folder}/README.md`, text);
}
