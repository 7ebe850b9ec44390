/** The npm package of the device client, installed as its README says, in Node, in Jest 29 and with Metro. */
import { assert, assertEquals } from "@std/assert";
import { MAY_RUN } from "../support/child_process.ts";
import { buildClientPackage } from "../support/client_package.ts";

const ignore = !MAY_RUN ||
  (["write", "env"] as const).some((name) => Deno.permissions.querySync({ name }).state !== "granted");

async function run(folder: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd: folder }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text + new TextDecoder().decode(stderr));
  return text;
}

const FILES = {
  "package.json": JSON.stringify({ name: "app", version: "1.0.0" }),
  "esm.mjs": `import { createClient } from "oneclick-client"; console.log(typeof createClient);`,
  "cjs.cjs": `const { createClient } = require("oneclick-client"); console.log(typeof createClient);`,
  "client.test.js": `const { createClient } = require("oneclick-client");
    test("the client is there", () => expect(typeof createClient).toBe("function"));`,
  "index.js": `import { createClient } from "oneclick-client"; globalThis.create = createClient;`,
  "babel.config.js": `module.exports = { plugins: ["@babel/plugin-transform-modules-commonjs"] };`,
  "metro.config.js": `const { getDefaultConfig } = require("metro-config");
    module.exports = getDefaultConfig(__dirname);`,
};

Deno.test({
  name: "the client's package works in Node as both kinds of module, in Jest 29, and bundled by Metro",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-app-" });
    try {
      for (const [name, text] of Object.entries(FILES)) await Deno.writeTextFile(`${folder}/${name}`, text);
      await buildClientPackage(`${folder}/dist`);
      await run(folder, "npm", "pack", "--silent", "./dist");
      await run(
        folder,
        "npm",
        "install",
        ...["--silent", "--no-audit", "--no-fund", "./oneclick-client-1.0.0.tgz"],
        ...["jest@29.7.0", "metro@0.83.3", "@babel/plugin-transform-modules-commonjs@7.27.1"],
      );
      assertEquals(await run(folder, "node", "esm.mjs"), "function\n");
      assertEquals(await run(folder, "node", "cjs.cjs"), "function\n");
      await run(folder, "npx", "jest", "client.test.js");
      await run(folder, "npx", "metro", "build", "index.js", "--out", "bundle.js", "--minify", "false");
      const bundle = await Deno.readTextFile(`${folder}/bundle.js`);
      assert(bundle.includes("/v1/sessions/amazon"), "The bundle does not hold the client");
      assertEquals(
        await run(folder, "node", "-e", "require('./bundle.js'); console.log(typeof create)"),
        "function\n",
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
