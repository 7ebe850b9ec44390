/** `deno task build`: what it makes serves customers, and `deno task start` runs it while no source is newer. */
import { assert, assertEquals } from "@std/assert";
import { BUILT, findEntry, SOURCE } from "../../lib/config/entry.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, post, ServiceProcess, signIn } from "../support/service_process.ts";

const ignore = !MAY_RUN || Deno.build.os === "windows";
const KEY = "a-key-of-one-device";

Deno.test({
  name: "what deno task build makes signs customers in, and loads the rest when it is needed",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    // Below the repository, where the process finds deno.json.
    await Deno.mkdir("dist", { recursive: true });
    await using folder = await temporaryFolder("dist");
    const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    const command = String(tasks.build.command).replaceAll("dist/server", folder.path)
      .replaceAll(/\bdeno bundle\b/g, `${Deno.execPath()} bundle`);
    const built = await new Deno.Command("sh", { args: ["-c", command] }).output();
    assertEquals(new TextDecoder().decode(built.stderr), "");
    assertEquals(built.code, 0);
    // By the map, the stack of an error names the lines of the sources.
    const { sources } = JSON.parse(await Deno.readTextFile(`${folder.path}/main.js.map`));
    assert(sources.some((source: string) => source.endsWith("/main.ts")), sources.join());

    await using service = await ServiceProcess.start({ env: bed.env, entry: `${folder.path}/main.js` });
    const { url } = service;
    const code = bed.simulator.issueCode("mork");
    const first = await signIn(url, { code, key: KEY });
    const again = await signIn(url, { code, key: KEY });
    assertEquals([first.status, again.body.session_token], [201, first.body.session_token]);
    const account = { email: "mindy@ork.example", password: "correct horse battery" };
    assertEquals((await post(`${url}/v1/accounts`, account)).status, 201);
    assertEquals((await post(`${url}/v1/accounts`, { ...account, password: "password1" })).status, 422);
    for (const path of ["/openapi.json", "/docs", "/activate", "/delete-account", "/problems/code_lost"]) {
      const response = await fetch(url + path);
      assertEquals([path, response.status], [path, 200]);
      await response.body?.cancel();
    }
    assertEquals(service.lines.filter((line) => /"level":"ERROR"/.test(line)), []);
    service.kill("SIGTERM");
    assertEquals([(await service.status).code, await service.errors], [0, ""]);
  },
});

Deno.test({
  name: "findEntry() finds the build, and the sources while there is none or one of them is newer",
  ignore,
  async fn() {
    await using folder = await temporaryFolder();
    const write = async (name: string, at: number) => {
      const path = `${folder.path}/${name}`;
      await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(path, "");
      await Deno.utime(path, at, at);
    };
    const sources = [SOURCE, "deno.json", "deno.lock", "lib/kv/schema.ts", "routes/http/env.ts"];
    for (const source of sources) await write(source, 1000);
    assertEquals(findEntry(folder.path), { path: SOURCE, outdated: false });
    await write(BUILT, 2000);
    assertEquals(findEntry(folder.path), { path: BUILT, outdated: false });
    for (const source of sources) {
      await write(source, 3000);
      assertEquals(findEntry(folder.path), { path: SOURCE, outdated: true }, source);
      await write(source, 1000);
    }
  },
});

Deno.test({
  name: "Deno Deploy builds and runs what deno task build makes",
  ignore,
  async fn() {
    const { deploy, tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
    assertEquals([deploy.build, deploy.runtime.entrypoint], ["deno task build", `./${BUILT}`]);
    assert(tasks.build.command.includes(BUILT.replace("/main.js", "")));
    assert((await Deno.readTextFile(".gitignore")).split("\n").includes("dist/"));
  },
});

/** Makes a folder that is removed in the end. */
async function temporaryFolder(dir?: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir(dir === undefined ? {} : { dir });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
