/** Access tokens over HTTP: the samples of lib/tokens/README.md verify them, through a rotation of keys. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Hono } from "hono";
import { createRemoteJWKSet, decodeJwt, importJWK, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess, signIn, type TestBed } from "../support/service_process.ts";
import { KEYS, signingKeys } from "../support/signing_keys.ts";

const ignore = !MAY_RUN;
const AUDIENCE = "https://api.example.com";

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

/** Builds a back end that verifies with a sample. Returns the command that starts it. */
type Build = (folder: string) => Promise<readonly [program: string, ...args: string[]] | null>;

/** How each sample is built in a folder. Null: its language or its packages are missing here. */
const BUILDS: Readonly<Record<string, Build>> = {
  async Go(folder) {
    await Deno.mkdir(`${folder}/tokens`);
    await copy("go", ["go.mod", "go.sum", "main.go"], folder);
    await Deno.writeTextFile(`${folder}/tokens/tokens.go`, await sample("go"));
    if (await failureOf(folder, "go", "mod", "download") !== null) return null;
    assertEquals(await failureOf(folder, "go", "build", "-o", "backend", "."), null);
    return [`${folder}/backend`];
  },
  async Java(folder) {
    await copy("java", ["pom.xml", "BackEnd.java"], folder);
    await Deno.writeTextFile(`${folder}/AccessTokens.java`, await sample("java"));
    if (await failureOf(folder, "mvn", "-q", "-B", "initialize") !== null) return null;
    const classpath = `${folder}/classes:${await Deno.readTextFile(`${folder}/target/classpath.txt`)}`;
    const sources = ["AccessTokens.java", "BackEnd.java"];
    await Deno.mkdir(`${folder}/classes`);
    const compile = ["-Xlint:all", "-Werror", "-cp", classpath, "-d", "classes", ...sources];
    assertEquals(await failureOf(folder, "javac", ...compile), null);
    return ["java", "-cp", classpath, "BackEnd"];
  },
};

async function copy(from: string, names: readonly string[], folder: string): Promise<void> {
  for (const name of names) {
    await Deno.copyFile(new URL(`${from}/${name}`, import.meta.url), `${folder}/${name}`);
  }
}

/** Runs a command. Returns null when it succeeds; otherwise what it said, also when there is no such program. */
async function failureOf(cwd: string, program: string, ...args: string[]): Promise<string | null> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
    return success ? null : new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  } catch (error) {
    return String(error);
  }
}

/** A back end that is running. */
class BackEnd implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  #said = "";

  constructor([program, ...args]: readonly [string, ...string[]], issuer: string) {
    this.#process = new Deno.Command(program, {
      args: [...args, issuer, AUDIENCE],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#output = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Returns what the back end says to a token: the account and its entitlements, or that it is refused. */
  async take(token: string): Promise<string> {
    await this.#input.write(new TextEncoder().encode(`${token}\n`));
    while (!this.#said.includes("\n")) {
      const { value, done } = await this.#output.read();
      assert(!done, "The back end has ended");
      this.#said += value;
    }
    const [line = "", ...rest] = this.#said.split("\n");
    this.#said = rest.join("\n");
    return line;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#process.status;
  }
}

/** Signs a token with other claims or another type, by the key of the service. */
async function forge(token: string, changes: Record<string, unknown>, typ = "at+jwt"): Promise<string> {
  const [{ kid, ...jwk }] = KEYS;
  return await new SignJWT({ ...decodeJwt(token), ...changes })
    .setProtectedHeader({ alg: "EdDSA", typ, kid })
    .sign(await importJWK(jwk, "EdDSA"));
}

for (const [language, build] of Object.entries(BUILDS)) {
  Deno.test({
    name: `the ${language} sample takes a token of its audience and no other, also of a key that is new`,
    ignore,
    async fn(t) {
      await using bed = await openTestBed();
      const command = await build(await Deno.makeTempDir({ dir: bed.folder }));
      await t.step({
        name: "verifies",
        ignore: command === null,
        async fn() {
          const port = freePort();
          await using service = await start(bed, signingKeys(0), port);
          await using backend = new BackEnd(command!, service.url);
          const session = await sessionToken(service);
          const good = await accessToken(service, session);
          const taken = await backend.take(good);
          assertMatch(taken, /^acc_[0-9a-f]{32} \[\]$/);
          const shop = await accessToken(service, session, { audience: "shop" });
          const bad = [
            shop,
            await forge(good, { iss: "https://other.example" }),
            await forge(good, { exp: Date.now() / 1000 - 600 }),
            await forge(good, { exp: undefined }),
            await forge(good, {}, "JWT"),
            new UnsecuredJWT(decodeJwt(good)).encode(),
            `${good.slice(0, -4)}AAAA`,
            "no-token",
          ];
          assertMatch(await backend.take(await forge(good, {})), /^acc_/);
          for (const [i, token] of bad.entries()) {
            assertMatch(await backend.take(token), /^refused/, `token ${i}`);
          }
          await service.end();
          await using rotated = await start(bed, signingKeys(1), port);
          const fresh = await accessToken(rotated, session);
          // jose4j fetches the keys again only 300 ms after it has fetched them last.
          let answer = "";
          for (let tries = 0; tries < 20_000 && answer !== taken; tries++) answer = await backend.take(fresh);
          assertEquals(answer, taken);
        },
      });
    },
  });
}
