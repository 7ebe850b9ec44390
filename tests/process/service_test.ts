/** `main.ts`, `deno task dev` and `deno task demo` as real processes. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { STOP_WITHIN_MS } from "../../lib/base/serve.ts";
import { DenoProcess, MAY_RUN } from "../support/child_process.ts";
import { openTestBed, post, ServiceProcess, signIn, until } from "../support/service_process.ts";

const ignore = !MAY_RUN;
const SECRETS = ["AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET", "DATA_KEYS", "PUBLIC_URL", "KV_PATH"];

Deno.test({
  name: "main.ts does not start without its secrets, and says how to make each",
  ignore,
  async fn() {
    await using service = new DenoProcess(["main.ts"], { PORT: "none" });
    assertEquals((await service.status).code, 1);
    const errors = await service.errors;
    for (const name of SECRETS) assertStringIncludes(errors, `- ${name} is missing: `);
    assertStringIncludes(errors, 'echo "k1:$(openssl rand -base64 32)"');
    assertStringIncludes(errors, "- PORT must be a whole number");
    assertEquals(service.lines, []);
  },
});

Deno.test({
  name: "main.ts signs a customer in, keeps the account over a restart, and logs only JSON lines",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    const tokens: string[] = [];
    for (const status of [201, 200]) {
      await using service = await ServiceProcess.start(bed);
      const { url } = service;
      const answer = await signIn(url, { code: bed.simulator.issueCode("mork") });
      assertEquals(answer.status, status);
      tokens.push(answer.body.session_token);
      for (const path of ["/dev", "/dev/mail", "/dev/state", "/dev/modules/lib/client/mod.ts"]) {
        const nothing = await fetch(url + path);
        assertEquals([nothing.status, (await nothing.json()).code], [404, "not_found"]);
      }
      for (const token of tokens) {
        const current = await fetch(`${url}/v1/sessions/current`, {
          headers: { authorization: `Bearer ${token}` },
        });
        assertEquals(current.status, 200);
        await current.body?.cancel();
      }
      service.kill("SIGTERM");
      assertEquals((await service.status).code, 0);
      assertEquals(service.lines.map((line) => JSON.parse(line).message).slice(0, 5), [
        "database_opened",
        "mail_off",
        "listening",
        "request",
        "request",
      ]);
      assertEquals(JSON.parse(service.lines[0] ?? "").database, bed.kvPath);
      assertEquals(await service.errors, "");
    }
  },
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test({
    name: `main.ts finishes its requests at ${signal}, then exits with 0`,
    ignore,
    async fn() {
      await using bed = await openTestBed();
      await using service = await ServiceProcess.start(bed);
      const answer = signIn(service.url, { code: "new~token-delay-400.1" });
      await until(() => bed.simulator.requests.length === 1);
      service.kill(signal);
      await service.line(/"stopping"/);
      assertEquals((await answer).status, 201);
      assertEquals((await service.status).code, 0);
      await service.line(/"stopped"/);
    },
  });
}

Deno.test({
  name: "main.ts is not ready from the signal on, and still serves what comes for a moment",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start(bed);
    assertEquals((await fetch(`${service.url}/readyz`).then((answer) => answer.json())).status, "ok");
    service.kill("SIGTERM");
    await service.line(/"stopping"/);
    const [ready, health, signedIn] = await Promise.all([
      fetch(`${service.url}/readyz`),
      fetch(`${service.url}/healthz`),
      signIn(service.url, { code: "new.1" }),
    ]);
    assertEquals([ready.status, health.status, signedIn.status], [503, 200, 201]);
    await Promise.all([ready.body?.cancel(), health.body?.cancel()]);
    assertEquals((await service.status).code, 0);
    await service.line(/"stopped".*"unfinished":0/);
  },
});

/** Where a process runs, the variables that tell, and the milliseconds that its stop takes at most. */
const STOPS: readonly (readonly [string, Record<string, string>, number])[] = [
  ["on Deno Deploy", { DENO_TIMELINE: "production", AMAZON_DEADLINE_MS: "60000" }, STOP_WITHIN_MS],
  ["elsewhere", { AMAZON_DEADLINE_MS: "1500" }, 1500 + 2000],
];

for (const [where, variables, withinMs] of STOPS) {
  Deno.test({
    name: `main.ts cuts what is left when a stop ${where} takes too long, releases the code, and says so`,
    ignore,
    async fn() {
      await using bed = await openTestBed();
      const env = { ...bed.env, ...variables, AMAZON_TIMEOUT_MS: variables.AMAZON_DEADLINE_MS ?? "" };
      const key = "the-key-of-this-device";
      let start: number;
      {
        await using service = await ServiceProcess.start({ env });
        const answer = signIn(service.url, { code: "new~token-hang.1", key }).then(
          () => "answered",
          () => "cut",
        );
        await until(() => bed.simulator.requests.length === 1);
        start = Date.now();
        service.kill("SIGTERM");
        assertEquals(
          (await service.status).code,
          where === "elsewhere" ? 0 : 1,
          "The exit code tells of a cut",
        );
        const waited = Date.now() - start;
        // A busy machine may be late, but Amazon is not waited for.
        assert(waited < withinMs + 10_000, `It took ${waited} ms`);
        if (where === "elsewhere") {
          assertEquals(await answer, "answered");
          return;
        }
        assertEquals(await answer, "cut");
        assert(waited >= withinMs - 1000, `It took ${waited} ms`);
        await service.line(/"stopped".*"unfinished":1/);
      }
      // The lease was released: another process need not wait for its end.
      await using next = await ServiceProcess.start({ env: bed.env });
      const retry = await signIn(next.url, { code: "new~token-hang.1", key });
      assert(retry.body.code !== "code_in_progress", "The lease was not released");
    },
  });
}

Deno.test({
  name:
    "main.ts loads nothing of development (console, mailbox, simulator) or tests, and nothing that Deno Deploy lacks",
  ignore,
  async fn() {
    const modules = await modulesOf("main.ts");
    const ours = modules.filter(({ specifier }) => specifier.startsWith("file:"));
    assert(ours.length > 10);
    for (const { specifier, local } of ours) {
      assert(!/\/(?:lib\/dev|lib\/operator|tests)\//.test(specifier), specifier);
      const source = await Deno.readTextFile(local ?? "");
      assert(
        !/(?<!controller\.)\b(?:enqueue|listenQueue)\(|Deno\.(?:Command|dlopen)/.test(source),
        specifier,
      );
    }
    // The same search finds the modules of development in development.
    const development = (await modulesOf("lib/dev/main.ts")).map(({ specifier }) => specifier);
    const names = [
      "console/server/console.ts",
      "console/server/trace.ts",
      "mailbox/mailbox.ts",
      "simulator/simulator.ts",
    ];
    for (const name of names) {
      assert(development.some((specifier) => specifier.endsWith(`/lib/dev/${name}`)), name);
    }
    const others = modules.filter(({ specifier }) => !/^(?:file|npm|node):/.test(specifier));
    assertEquals(others, []);
    const packages = modules.flatMap(({ specifier }) => /^npm:\/(.[^@]*)@/.exec(specifier)?.[1] ?? []);
    assertEquals([...new Set(packages)].toSorted(), [
      "@hono/zod-openapi",
      "@opentelemetry/api",
      "@zxcvbn-ts/language-common",
      "hono",
      "jose",
      "nodemailer",
      // Types alone, which cost nothing at run time.
      "openapi3-ts",
      "qrcode-generator",
      "zod",
    ]);
  },
});

Deno.test({
  name: "deno task dev needs no secret, prints a request that signs a customer in, and serves the console",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using dev = new DenoProcess(["lib/dev/main.ts"], { PORT: "8731", KV_PATH: `${bed.folder}/dev.kv` });
    const [, url] = await dev.line(/curl -i (\S+) /);
    const [, key] = await dev.line(/Idempotency-Key: ([^']+)'/);
    const [, body] = await dev.line(/-d '(.+)'/);
    await dev.line(/"listening"/);
    assertEquals((await post(String(url), JSON.parse(String(body)), { key })).status, 201);
    const [, scenarios] = await dev.line(/says what happens: (\S+) /);
    assertStringIncludes(await (await fetch(String(scenarios))).text(), "profile-ServerError");
    const [, page = ""] = await dev.line(/Play a TV on (\S+);/);
    const html = await (await fetch(page)).text();
    const [, script = ""] = /<script type="module" src="([^"]+)"/.exec(html) ?? [];
    const loaded = await fetch(new URL(script, page));
    assertEquals(loaded.headers.get("content-type"), "text/javascript; charset=utf-8");
    assertStringIncludes(await loaded.text(), 'from "./play.ts"');
    // Modules that are not for browsers are not served.
    for (
      const path of [
        "lib/kv/keyring.ts",
        "lib/dev/main.ts",
        "lib/dev/console/browser/../main.ts",
        "lib/dev/console/browser/none.ts",
      ]
    ) {
      const refused = await fetch(`${page}/modules/${path.replace("..", "%2e%2e")}`);
      assertEquals(refused.status, 404, path);
      await refused.body?.cancel();
    }
  },
});

Deno.test({
  name: "deno task dev takes over the variables of the developer, and says which it sets itself",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using dev = new DenoProcess(["lib/dev/main.ts"], {
      PORT: "8741",
      HOST: "0.0.0.0",
      APP_NAME: "Zinnia",
      PUBLIC_URL: "http://192.168.7.7:8741",
      AMAZON_CLIENT_ID: "mine",
      KV_PATH: `${bed.folder}/dev.kv`,
    });
    await dev.line(/^Development sets these variables itself: AMAZON_CLIENT_ID$/);
    await dev.line(/^Oneclick listens on http:\/\/192\.168\.7\.7:8741, /);
    await dev.line(/"url":"http:\/\/0\.0\.0\.0:8741"/);
    assertStringIncludes(await (await fetch("http://127.0.0.1:8741/delete-account")).text(), "Zinnia");
    await using second = new DenoProcess(["lib/dev/main.ts"], {
      PORT: "8741",
      KV_PATH: `${bed.folder}/dev2.kv`,
    });
    assertEquals((await second.status).code, 1);
    assertMatch(await second.errors, /^Port 8742 is in use.*\n$/);
    assertEquals(second.lines.filter((line) => line.includes("listens on")), []);
    for (
      const [env, said] of [
        [{ KV_PATH: bed.folder }, /^The database cannot be opened.*\n$/],
        [{ KV_PATH: `${bed.folder}/none/kv` }, /^The folder of the database does not exist.*\n$/],
        [{ APP_COLOR: "red" }, /^The environment has 1 fault\(s\):\n {2}- APP_COLOR must be.*\n$/],
      ] as const
    ) {
      await using third = new DenoProcess(["--no-check", "lib/dev/main.ts"], { PORT: "8751", ...env });
      assertEquals((await third.status).code, 1);
      assertMatch(await third.errors, said);
    }
  },
});

Deno.test({
  name: "deno task demo plays every step and exits with 0",
  ignore,
  async fn() {
    await using demo = new DenoProcess(["lib/dev/demo.ts"]);
    assertEquals((await demo.status).code, 0);
    await demo.line(/^ok$/);
    const steps = demo.lines.filter((line) => / ms {2}/.test(line));
    assertEquals(steps.map((step) => / → (\d+)/.exec(step)?.[1]).filter(Boolean), [
      "201",
      "409",
      "201",
      "200",
      "204",
      "401",
    ]);
    assertMatch(demo.lines.join("\n"), /Idempotency-Replayed: true/);
  },
});

/** Returns every module that a run of an entry point loads. */
async function modulesOf(entry: string): Promise<{ specifier: string; local?: string }[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}
