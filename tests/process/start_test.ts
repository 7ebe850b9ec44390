/** How `main.ts` starts, and how it says why it does not. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DenoProcess, MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess, type TestBed, until } from "../support/service_process.ts";

const ignore = !MAY_RUN;

/** Variables that cannot work, and what the operator is told. */
const FAILURES: [
  name: string,
  make: (bed: TestBed) => Record<string, string> | Promise<Record<string, string>>,
  detail: RegExp,
][] = [
  [
    "the folder of the database does not exist",
    ({ folder }) => ({ KV_PATH: `${folder}/none/kv` }),
    /^The folder of the database does not exist: make it: KV_PATH is .+\/none\/kv$/,
  ],
  ["the database is a folder", ({ folder }) => ({ KV_PATH: folder }), /^The database .*folder/],
  [
    "the file is no database",
    async ({ folder }) => {
      await Deno.writeTextFile(`${folder}/text`, "This is no database. ".repeat(100));
      return { KV_PATH: `${folder}/text` };
    },
    /^The file is not a database: name another, or restore a backup/,
  ],
  ["the disk takes no file", () => ({ KV_PATH: "/proc/oneclick.kv" }), /KV_PATH is \/proc\/oneclick\.kv$/],
  ["HOST is no name", () => ({ HOST: "nothing.invalid" }), /^HOST nothing\.invalid cannot be listened on/],
  [
    "HOST is an address of another machine",
    () => ({ HOST: "203.0.113.7" }),
    /^This machine has no address 203\.0\.113\.7: set HOST/,
  ],
];

for (const [name, make, detail] of FAILURES) {
  Deno.test({
    name: `main.ts says in one line why it does not start: ${name}`,
    ignore: ignore || Deno.build.os !== "linux",
    async fn() {
      await using bed = await openTestBed();
      await using service = new DenoProcess(["--no-check", "main.ts"], { ...bed.env, ...await make(bed) });
      await assertStartFails(service, detail);
    },
  });
}

Deno.test({
  name: "main.ts says in one line that its port is in use, and does not say that it listens",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    await using service = new DenoProcess(["--no-check", "main.ts"], { ...bed.env, PORT: String(port) });
    await assertStartFails(
      service,
      new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use: stop the process`),
    );
  },
});

Deno.test({
  name:
    "main.ts says in one line that the KV service does not take its token, and waits for one that is away",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    let status = 401;
    await using kv = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response("Invalid access token.", { status }),
    );
    const env = {
      ...bed.env,
      KV_PATH: `http://127.0.0.1:${kv.addr.port}`,
      DENO_KV_ACCESS_TOKEN: "wrong-token",
    };
    await using refused = new DenoProcess(["--no-check", "main.ts"], env);
    await assertStartFails(refused, /^The KV service does not take the token in DENO_KV_ACCESS_TOKEN/);
    status = 503;
    await using waiting = new DenoProcess(["--no-check", "main.ts"], env);
    await waiting.line(/"database_awaited".*The KV service cannot be reached/);
    waiting.kill("SIGKILL");
    await waiting.status;
  },
});

async function assertStartFails(service: DenoProcess, detail: RegExp): Promise<void> {
  assertEquals((await service.status).code, 1);
  assertEquals(await service.errors, "");
  const lines = service.lines.map((line) => JSON.parse(line));
  assertEquals(lines.filter(({ message }) => message === "listening"), []);
  const failures = lines.filter(({ message }) => message === "start_failed");
  assertEquals(failures.map(({ level }) => level), ["ERROR"]);
  assertMatch(failures[0].detail, detail);
  assertEquals(failures[0], lines.at(-1));
}

Deno.test({
  name:
    "main.ts makes its database for its owner alone, with the files beside it, and leaves the rights of one that exists",
  ignore: ignore || Deno.build.os === "windows",
  async fn() {
    await using bed = await openTestBed();
    for (const mode of [0o600, 0o640]) {
      await using service = await ServiceProcess.start(bed);
      await (await fetch(`${service.url}/readyz`)).body?.cancel();
      for await (const { name } of Deno.readDir(bed.folder)) {
        const { mode: found } = await Deno.stat(`${bed.folder}/${name}`);
        // The reserve of disk holds nothing that anybody else could want.
        const wanted = name.includes("-reserve") ? 0o600 : mode;
        assertEquals((found ?? 0) & 0o777, wanted, name);
      }
      service.kill("SIGTERM");
      await service.status;
      await Deno.chmod(bed.kvPath, 0o640);
    }
  },
});

Deno.test({
  name: "main.ts warns of variables with names close to its own, and does not log their values",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start({
      env: { ...bed.env, MAIL_FORM: "canary@app.example", SESION_TTL_DAYS: "9", APPSTORE_SHARED_SECRET: "" },
    });
    assert(service.lines.some((line) => line.includes('"purchases_off"')), "RECEIPT_SIGN_IN is on");
    const warned = () => service.lines.filter((line) => line.includes('"unknown_variable"'));
    await until(() => warned().length === 2);
    const warnings = warned();
    assertEquals(warnings.map((line) => JSON.parse(line).detail).toSorted(), [
      "MAIL_FORM is not read. Is MAIL_FROM meant?",
      "SESION_TTL_DAYS is not read. Is SESSION_TTL_DAYS meant?",
    ]);
    assert(!service.lines.join().includes("canary"));
  },
});

Deno.test({
  name: "a preview of Deno Deploy without variables starts, opens no database and serves nobody",
  ignore,
  async fn() {
    await using preview = new DenoProcess(["--no-check", "main.ts"], {
      DENO_DEPLOY: "true",
      DENO_TIMELINE: "preview/abc",
      // Deno Deploy chooses the port.
      DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
    });
    await preview.line(/"preview_without_variables"/);
    const [, url] = await preview.line(/"listening".*"url":"([^"]+)"/);
    const ask = async (path: string) => {
      const response = await fetch(url + path);
      await response.body?.cancel();
      return response.status;
    };
    assertEquals([await ask("/healthz"), await ask("/readyz"), await ask("/v1/sessions")], [200, 503, 503]);
  },
});

Deno.test({
  name: "production of Deno Deploy and a branch with a part of the variables do not start",
  ignore,
  async fn() {
    for (
      const env of [{ DENO_TIMELINE: "production" }, {
        DENO_TIMELINE: "git-branch/a",
        PUBLIC_URL: "https://a.example",
      }]
    ) {
      await using service = new DenoProcess(["--no-check", "main.ts"], { DENO_DEPLOY: "true", ...env });
      assertEquals((await service.status).code, 1);
      assertMatch(await service.errors, /DATA_KEYS is missing/);
    }
  },
});
