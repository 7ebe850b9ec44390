/** Access tokens over HTTP: the samples of lib/tokens/README.md verify them, through a rotation of keys. */
import { assert, assertEquals } from "@std/assert";
import type { Hono } from "hono";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess, signIn, type TestBed } from "../support/service_process.ts";
import { signingKeys } from "../support/signing_keys.ts";

const ignore = !MAY_RUN;
const AUDIENCE = "https://api.example.com";
const GO = new URL("go/", import.meta.url);

/** A service on a free port, whose PUBLIC_URL is its own. */
async function start({ env }: TestBed, keys: string, port: number): Promise<ServiceProcess> {
  return await ServiceProcess.start({
    env: {
      ...env,
      PORT: String(port),
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      SIGNING_KEYS: keys,
      ACCESS_TOKEN_AUDIENCES: `${AUDIENCE},shop`,
    },
  });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function sessionToken(service: ServiceProcess): Promise<string> {
  const { status, body } = await signIn(service.url, { code: "mork.1" });
  assertEquals(status, 201);
  return (body as { session_token: string }).session_token;
}

async function accessToken(service: ServiceProcess, session: string, body = {}): Promise<string> {
  const response = await fetch(`${service.url}/v1/access-tokens`, {
    method: "POST",
    headers: { "authorization": `Bearer ${session}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assertEquals(response.status, 201);
  return (await response.json()).access_token;
}

/** The first block of a language in lib/tokens/README.md. */
async function sample(language: string): Promise<string> {
  const text = await Deno.readTextFile(new URL("../../lib/tokens/README.md", import.meta.url));
  const [, code] = new RegExp(`^\`\`\`${language}[^\n]*\n(.*?)^\`\`\`$`, "ms").exec(text) ?? [];
  assert(code !== undefined);
  return code;
}

Deno.test({
  name: "the Hono sample takes a token of its audience and no other, and goes on through a rotation of keys",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    const port = freePort();
    const code = (await sample("ts")).replace("https://signin.example", `http://127.0.0.1:${port}`);
    assert(code.includes(`const AUDIENCE = "${AUDIENCE}"`));
    const path = `${bed.folder}/sample.ts`;
    // The file lies outside of the repository, so its imports are made absolute.
    await Deno.writeTextFile(
      path,
      code.replace(/from "(hono|jose)"/g, (_, name) => `from "${import.meta.resolve(name)}"`),
    );
    const { app } = await import(path) as { app: Hono };
    const call = async (token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await app.request("/api/me", { headers });
      return [response.status, await response.json()];
    };
    let session: string;
    let old: string;
    {
      await using service = await start(bed, signingKeys(0, 1), port);
      session = await sessionToken(service);
      old = await accessToken(service, session);
      const account = (await (await fetch(`${service.url}/v1/account`, {
        headers: { authorization: `Bearer ${session}` },
      })).json()).id;
      assertEquals(await call(old), [200, { account, entitlements: [] }]);
      const refused = [401, { error: "invalid_token" }];
      assertEquals(await call(), refused);
      assertEquals(await call(await accessToken(service, session, { audience: "shop" })), refused);
      assertEquals(await call(`${old.slice(0, -4)}AAAA`), refused);
      const [, payload = ""] = old.split(".");
      assertEquals(await call(`${btoa('{"alg":"none","typ":"at+jwt"}')}.${payload}.`), refused);
    }
    // The new key signs from now on. The keys were fetched before, when both were published.
    await using service = await start(bed, signingKeys(1, 0), port);
    const fresh = await accessToken(service, session);
    assertEquals([(await call(old))[0], (await call(fresh))[0]], [200, 200]);
  },
});

Deno.test({
  name: "a remote key set of jose that knows the old key alone finds the new one",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    const port = freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), { cooldownDuration: 0 });
    const options = { issuer, audience: AUDIENCE, typ: "at+jwt", algorithms: ["EdDSA"] };
    let session: string;
    {
      await using service = await start(bed, signingKeys(0), port);
      session = await sessionToken(service);
      await jwtVerify(await accessToken(service, session), keys, options);
    }
    await using service = await start(bed, signingKeys(1, 0), port);
    await jwtVerify(await accessToken(service, session), keys, options);
  },
});

/** Builds the Go sample. Returns null where Go or its modules are missing. */
async function buildGo(): Promise<string | null> {
  const folder = await Deno.makeTempDir({ prefix: "oneclick-go-" });
  await Deno.mkdir(`${folder}/tokens`);
  for (const name of ["go.mod", "go.sum", "main.go"]) {
    await Deno.copyFile(new URL(name, GO), `${folder}/${name}`);
  }
  await Deno.writeTextFile(`${folder}/tokens/tokens.go`, await sample("go"));
  const go = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("go", { args, cwd: folder }).output();
    return success ? null : new TextDecoder().decode(stderr);
  };
  const modules = await go("mod", "download").catch(() => "There is no Go");
  const failure = modules === null ? await go("build", "-o", "backend", ".") : null;
  assertEquals(failure, null);
  if (modules === null) return folder;
  await Deno.remove(folder, { recursive: true });
  return null;
}

Deno.test({
  name: "the Go sample takes a token of its audience and no other",
  ignore,
  async fn(t) {
    const folder = await buildGo();
    await t.step({
      name: "verifies",
      ignore: folder === null,
      async fn() {
        await using bed = await openTestBed();
        const port = freePort();
        await using service = await start(bed, signingKeys(0, 1), port);
        const session = await sessionToken(service);
        const good = await accessToken(service, session);
        const shop = await accessToken(service, session, { audience: "shop" });
        const backend = new Deno.Command(`${folder}/backend`, {
          args: [`http://127.0.0.1:${port}`, AUDIENCE],
          stdin: "piped",
          stdout: "piped",
        }).spawn();
        const stdin = backend.stdin.getWriter();
        await stdin.write(new TextEncoder().encode([good, shop, `${good.slice(0, -4)}AAAA`, ""].join("\n")));
        await stdin.close();
        const { stdout } = await backend.output();
        const [first, ...others] = new TextDecoder().decode(stdout).trim().split("\n");
        assert(/^acc_[0-9a-f]{32} \[\]$/.test(first ?? ""), first);
        assertEquals(others.map((line) => line.split(":")[0]), ["refused", "refused"]);
      },
    });
    if (folder !== null) await Deno.remove(folder, { recursive: true });
  },
});
