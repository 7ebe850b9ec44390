/** The npm package of the device client: its size, the little it needs, its types against Amazon's, and its README. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import type { createClient } from "../../lib/client/mod.ts";
import { buildClientPackage } from "../support/client_package.ts";
import { SimulatedTv } from "../support/simulated_tv.ts";
import { TestService } from "../support/test_service.ts";
import { MAY_RUN } from "../support/child_process.ts";

const ignore = !MAY_RUN ||
  (["write", "env"] as const).some((name) => Deno.permissions.querySync({ name }).state !== "granted");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const MOST_BYTES = 6 * 1024;

/** Amazon's library for Vega, and what else the sample in lib/client/README.md imports, as they are on npm. */
const IAP = "@amazon-devices/keplerscript-appstore-iap-lib";
const STORAGE = "@amazon-devices/react-native-async-storage__async-storage";
const VERSIONS = { [IAP]: "2.13.0", [STORAGE]: "2.1.9000000001" };

/** The folder of a built package, until it is disposed of. */
class Package implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async build(): Promise<Package> {
    const built = new Package(await Deno.makeTempDir({ prefix: "oneclick-client-" }));
    await buildClientPackage(built.folder);
    return built;
  }

  text(name: string): Promise<string> {
    return Deno.readTextFile(`${this.folder}/${name}`);
  }

  async deno(...args: string[]): Promise<{ code: number; errors: string }> {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: this.folder,
      env: { NO_COLOR: "1" },
    }).output();
    return { code, errors: new TextDecoder().decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test({
  name: "the client's package is one module without an import, under 6 KiB minified and compressed",
  ignore,
  async fn() {
    await using built = await Package.build();
    const { folder } = built;
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
    assertEquals(names, ["LICENSE", "README.md", "mod.cjs", "mod.d.ts", "mod.mjs", "package.json"]);
    const { files, types, main, dependencies } = JSON.parse(await built.text("package.json"));
    assertEquals([...files, "package.json"].sort(), names);
    assertEquals([main, types, dependencies], ["./mod.cjs", "./mod.d.ts", undefined]);
    for (const name of ["mod.mjs", "mod.cjs", "mod.d.ts"]) {
      const text = await built.text(name);
      assert(!/^\s*import\b|\bfrom\s*["']|\b(?:require|import)\(/m.test(text), `${name} imports`);
    }
    // Hermes knows neither, and Babel would turn them into much more code.
    assert(!/\basync (?:\(|\w+ =>)|[.\s]#\w/.test(await built.text("mod.mjs")), "Not for Hermes as it is");

    const { code, errors } = await built.deno("bundle", "--minify", "--quiet", "-o", "min.js", "mod.mjs");
    assertEquals(code, 0, errors);
    const minified = new Blob([await Deno.readFile(`${folder}/min.js`)]).stream();
    const gzip = new CompressionStream("gzip");
    const size = (await new Response(minified.pipeThrough(gzip)).arrayBuffer()).byteLength;
    assert(size > 1000 && size < MOST_BYTES, `${size} bytes`);
  },
});

Deno.test({
  name: "the client's package signs in where there is nothing but ECMAScript, fetch and timers",
  ignore,
  async fn() {
    await using built = await Package.build();
    await using service = await TestService.open();
    const tv = new SimulatedTv(service);
    const realm = vm.createContext({
      fetch: (url: string, init: RequestInit) => tv.send(url, init),
      setTimeout: () => 1,
      clearTimeout: () => {},
    });
    const there = vm.runInContext("Object.getOwnPropertyNames(globalThis)", realm) as string[];
    for (
      const name of ["Deno", "process", "crypto", "URL", "Headers", "AbortController", "structuredClone"]
    ) {
      assert(!there.includes(name), name);
    }
    const script = (await built.text("mod.mjs")).replace(/export \{\s*createClient\s*\};/, "createClient;");
    const create = vm.runInContext(script, realm) as typeof createClient;
    const storage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
    const client = create({ service: "https://signin.example", storage });
    const { appstore } = tv.startApp();
    const result = await service.answerOf(client.signInWithAmazon(appstore));
    assert(result.outcome === "signed_in");
    assertMatch(tv.requests[0]?.headers.get("idempotency-key") ?? "", /^[0-9a-f]{32}$/);
    assertEquals((await client.fetch("/v1/account")).status, 200);
    assertEquals(await client.signOut(), true);
  },
});

Deno.test({
  name:
    "the Vega sample of lib/client/README.md type-checks with the package's types and those of Amazon's library",
  ignore,
  async fn() {
    await using built = await Package.build();
    const readme = await Deno.readTextFile(`${ROOT}lib/client/README.md`);
    const [, sample = ""] = /```tsx ignore\n(.*?)```/s.exec(readme) ?? [];
    const react = "npm:@types/react@18.3.12";
    const files = {
      "deno.json": JSON.stringify({
        nodeModulesDir: "none",
        imports: {
          [IAP]: `npm:${IAP}@${VERSIONS[IAP]}`,
          [STORAGE]: "./storage.ts",
          "oneclick-client": "./mod.d.ts",
          "./screens": "./screens.ts",
          "react": react,
          "react/jsx-runtime": `${react}/jsx-runtime`,
        },
        compilerOptions: { jsx: "react-jsx", jsxImportSource: "react", lib: ["dom", "esnext"] },
      }),
      // Deno gives a CommonJS module's exports for its default one; an app's bundler does not.
      "storage.ts": `import all from "npm:${STORAGE}@${VERSIONS[STORAGE]}"; export default all.default;`,
      "screens.ts": `import type { ActivationCode, Prefill } from "oneclick-client";
        type Screen<Props> = (props: Props) => null;
        export declare const Waiting: Screen<object>;
        export declare const Home: Screen<{ greet: boolean; name: string | null }>;
        export declare const Code: Screen<{ code: ActivationCode }>;
        export declare const SignIn: Screen<{ linkTicket: string | null }>;
        export declare const SignUp: Screen<{ prefill: Prefill; linkTicket: string | null }>;`,
      "sample.tsx": sample,
      "library.ts": `import { PurchasingService } from "${IAP}";
        import type { PurchasingService as Ours } from "oneclick-client";
        export const fits: Ours = PurchasingService;
        // @ts-expect-error -- Amazon's types are there, and are no any
        export const wrong: number = PurchasingService;
        // @ts-expect-error -- what the modules share is no part of the package
        export type { Store } from "oneclick-client";`,
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${built.folder}/${name}`, text);
    }
    assert(sample.includes("signInWithAmazon(PurchasingService, "));
    const { code, errors } = await built.deno("check", "--quiet", "--no-lock", "sample.tsx", "library.ts");
    assertEquals(code, 0, errors);
  },
});
