/** What is downloaded: a task gets the packages of `imports` in deno.json before it runs, and no others. */
import { assert, assertEquals } from "@std/assert";
import denoJson from "../../deno.json" with { type: "json" };
import { MAY_RUN } from "../support/child_process.ts";

const ignore = !MAY_RUN;

/** The tasks of production and of the first minutes with the code. All others work on the code, and run tests. */
const PRODUCTION = ["dev", "simulator", "demo", "start", "admin", "backup", "restore", "doctor", "keys"];
const TASKS: Readonly<Record<string, { readonly command: string }>> = denoJson.tasks;

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

Deno.test("each task runs with the packages of its lock file, and with no others", () => {
  assertEquals(denoJson.lock, false, "A default lock file is installed as a whole before every task");
  for (const [name, { command }] of Object.entries(TASKS)) {
    if (name === "lock") continue;
    const file = PRODUCTION.includes(name) ? "deno.lock" : "tests/deno.lock";
    for (const [run] of command.matchAll(/deno (?:run|test|bench|check|doc) \S+ \S+/g)) {
      assert(run.endsWith(` --lock=${file} --frozen`), `${name}: ${run}`);
    }
  }
});

Deno.test({
  name:
    "what a task installs is what production needs: each package is in deno.lock, and the tests have the same",
  ignore,
  async fn() {
    const [production, tests] = await Promise.all(["deno.lock", "tests/deno.lock"].map(readLock));
    const imported = Object.values(denoJson.imports).filter((specifier) => specifier.startsWith("npm:"));
    assertEquals(imported.filter((specifier) => !(specifier in production!.specifiers)), []);
    assertEquals(
      Object.keys(production!.specifiers).filter((specifier) => !imported.includes(specifier)),
      [],
    );
    for (const [name, { integrity }] of Object.entries(production!.npm)) {
      assertEquals(tests!.npm[name]?.integrity, integrity, `${name}: run deno task lock`);
    }
  },
});

Deno.test({
  name: "a task in a fresh clone downloads the packages of deno.lock alone",
  ignore: ignore || !await canReachRegistry(),
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-cache-" });
    try {
      const env = { DENO_DIR: folder };
      const { success } = await new Deno.Command(Deno.execPath(), { args: ["task", "keys"], env }).output();
      assert(success);
      const downloaded = await packagesIn(`${folder}/npm/registry.npmjs.org`);
      const { npm } = await readLock("deno.lock");
      const locked = new Set(Object.keys(npm).map((name) => name.replace(/(.)@.*/, "$1")));
      assert(downloaded.length > 5, "Nothing was downloaded");
      assertEquals(downloaded.filter((name) => !locked.has(name)), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "the install command of Deno Deploy gives the service the versions of deno.lock, without a flag",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-deploy-" });
    try {
      const copied = ["deno.json", "deno.lock", "main.ts", "lib", "routes"].map((name) =>
        Deno.realPathSync(name)
      );
      await run("cp", ["-r", ...copied, folder], ".");
      await run(
        "sh",
        ["-c", denoJson.deploy.install.replace(/\bdeno (?=install)/, `${Deno.execPath()} `)],
        folder,
      );
      assertEquals(JSON.parse(await Deno.readTextFile(`${folder}/deno.json`)).lock, true);
      const { npmPackages } = JSON.parse(await run(Deno.execPath(), ["info", "--json", "main.ts"], folder));
      const used = Object.values<{ name: string; version: string }>(npmPackages);
      const { npm } = await readLock("deno.lock");
      const locked = Object.keys(npm).map((name) => name.split("_")[0]);
      assert(used.length > 5);
      assertEquals(
        used.map(({ name, version }) => `${name}@${version}`).filter((id) => !locked.includes(id)),
        [],
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function readLock(path: string): Promise<Lock> {
  return JSON.parse(await Deno.readTextFile(path));
}

async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Returns the names of the packages whose files are in a cache, not those of which only the versions are known. */
async function packagesIn(cache: string, scope = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(`${cache}/${scope}`)) {
    if (name.startsWith("@")) found.push(...await packagesIn(cache, `${name}/`));
    else {
      const versions = await Array.fromAsync(Deno.readDir(`${cache}/${scope}${name}`));
      if (versions.some(({ isDirectory }) => isDirectory)) found.push(scope + name);
    }
  }
  return found;
}

async function canReachRegistry(): Promise<boolean> {
  if (!MAY_RUN) return false;
  const url = "https://registry.npmjs.org/hono";
  return await fetch(url, { method: "HEAD", signal: AbortSignal.timeout(5000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
