/** `deno task start`, with the rights that it gives itself: every feature works, and nothing else is allowed. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createNotifications, TOPIC_ARN } from "../../lib/dev/simulator/notifications.ts";
import { DenoProcess, MAY_RUN } from "../support/child_process.ts";
import { serveSmtp } from "../support/mail_servers.ts";
import { OtlpReceiver } from "../support/otlp_receiver.ts";
import { type Answer, openTestBed, post, signIn, until } from "../support/service_process.ts";
import type { SignedInBody } from "../support/bodies.ts";

const ignore = !MAY_RUN || Deno.build.os === "windows";
const PASSWORD = "correct horse battery";

Deno.test({
  name: "deno task start serves every feature with the rights that it gives itself, .env included",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using smtp = await serveSmtp();
    await using otlp = new OtlpReceiver();
    const hooks: string[] = [];
    let confirmed = false;
    const back = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/sns.pem") return new Response(sns.certificate());
      if (pathname === "/confirm") confirmed = true;
      if (request.method === "GET") return new Response();
      hooks.push((await request.json()).type);
      return new Response();
    });
    const origin = `http://127.0.0.1:${back.addr.port}`;
    const sns = createNotifications({ clock: { now: () => Date.now() }, origin: () => origin });
    const port = freePort();
    const env: Record<string, string> = {
      ...bed.env,
      ...otlp.env,
      PORT: String(port),
      // A name, which has to be looked up.
      MAIL_URL: smtp.url.replace("127.0.0.1", "localhost"),
      MAIL_FROM: "Oneclick <hello@oneclick.example>",
      WEBHOOK_URL: `${origin}/hooks`,
      RTN_TOPIC_ARN: TOPIC_ARN,
      RTN_CERTIFICATE_URL: `${origin}/sns.pem`,
      WEBHOOK_SECRET: `whsec_${btoa("a secret of enough bytes")}`,
      AMAZON_SIGN_INS_PER_MINUTE: "0",
    };
    const start = await commandOfStart(bed.folder, env);
    await using service = new DenoProcess([], {}, { wrapper: start });
    await service.line(/"listening"/);
    const url = `http://127.0.0.1:${port}`;
    const mails = (count: number) => until(() => smtp.arrived.length >= count);

    for (
      const path of [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/delete-account",
        "/activate",
        "/problems/code_lost",
      ]
    ) {
      const response = await fetch(url + path);
      assert(response.ok, path);
      await response.body?.cancel();
    }
    const one: Answer = await signIn(url, {
      code: bed.simulator.issueCode("mork"),
      key: crypto.randomUUID(),
    });
    assertEquals(one.status, 201);
    const signUp = { email: "vera@example.com", password: PASSWORD, device: { name: "Den" } };
    assertEquals((await post(`${url}/v1/accounts`, signUp)).status, 201);
    const { body } = await post<SignedInBody>(`${url}/v1/sessions`, {
      email: signUp.email,
      password: PASSWORD,
    });
    const headers = { authorization: `Bearer ${body.session_token}`, "content-type": "application/json" };
    const call = async (method: string, path: string, json?: unknown) => {
      const response = await fetch(url + path, {
        method,
        headers,
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await call("GET", "/v1/account/events"), 200);
    assertEquals(await call("PATCH", "/v1/account", { name: "Vera" }), 200);
    assertEquals((await post(`${url}/v1/activations`, {})).status, 201);
    // A receipt is verified by Amazon's other service.
    const purchases = { user_id: "l3HL7XppEd", receipts: ["q1YqVbDeVeR:3:11"] };
    assertEquals(await call("POST", "/v1/purchases", purchases), 200);
    const confirmation = sns.envelope({
      Type: "SubscriptionConfirmation",
      Token: "t",
      SubscribeURL: `${origin}/confirm`,
    });
    const taken = await fetch(`${url}/v1/appstore/notifications`, { method: "POST", body: confirmation });
    assertEquals([taken.status, await taken.json()], [200, { status: "ok" }]);
    await until(() => confirmed);
    assertEquals(await call("POST", "/v1/access-tokens", {}), 201);
    assertEquals(await call("GET", "/v1/account/export"), 200);

    await post(`${url}/v1/password-resets`, { email: signUp.email });
    await mails(1);
    const reset = linkIn(smtp.arrived.at(-1)?.text, url);
    assertStringIncludes(await (await fetch(reset)).text(), "<form");
    const chosen = await submit(reset, { password: "seven quiet herons", repeat: "seven quiet herons" });
    assertEquals(chosen.status, 200);
    await submit(`${url}/delete-account`, { email: signUp.email });
    await until(() => smtp.arrived.some(({ text }) => text.includes("/delete-account/")));
    const deletion = linkIn(smtp.arrived.find(({ text }) => text.includes("/delete-account/"))?.text, url);
    assertEquals((await submit(deletion, { confirm: "yes" })).status, 200);
    await until(() => hooks.includes("account.deleted"));

    service.kill("SIGTERM");
    await service.status;
    // Lines of level ERROR come there, as OpenTelemetry is on.
    const errors = (await service.errors).split("\n");
    const faults = [...service.lines, ...errors].filter((line) =>
      /"level":"ERROR"|NotCapable|Requires|granted/.test(line)
    );
    assertEquals(faults, []);
    assert(otlp.spans.some(({ scope, name }) => scope === "oneclick" && name === "token"));
    assert(otlp.metrics.has("oneclick/oneclick.sign_ins") && otlp.logs.length > 0);
    await back.shutdown();
  },
});

Deno.test({
  name: "what deno task start does not give is refused, and never asked for",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    const probe = `${bed.folder}/probe.ts`;
    await Deno.writeTextFile(
      probe,
      `const tried = { env: () => Deno.env.toObject(), home: () => Deno.env.get("HOME"), read: () => Deno.readTextFileSync("/etc/hostname"),
        write: () => Deno.writeTextFileSync("${bed.folder}/other", ""), run: () => new Deno.Command("true").outputSync(), host: () => Deno.hostname(),
        net: () => Deno.listen({ port: 0 }) };
      const refused = Object.entries(tried).filter(([, attempt]) => { try { attempt(); return false; } catch (error) { return error.name === "NotCapable"; } });
      console.log(refused.map(([name]) => name).join());`,
    );
    const start = await commandOfStart(bed.folder, bed.env);
    const { stdout } = await new Deno.Command(start[0]!, {
      // The probe lies outside of the repository, so the lock file is not its own.
      args: start.slice(1, -1).concat(
        start.at(-1)!.replace(/\)$/, ` | sed "s/[^ ]*$//") ${probe}`).replace(
          "--lock=deno.lock --frozen",
          "--no-lock",
        ),
      ),
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "env,home,read,write,run,host,net");
  },
});

/**
 * Returns the command of `deno task start`, run in an empty environment. Half of the variables are in the process, half in
 * a file `.env` beside a copy of `deno.json`'s command.
 */
async function commandOfStart(folder: string, env: Record<string, string>): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const inherited = ["HOME", "PATH", "DENO_DIR", "TMPDIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  const names = Object.keys(env);
  const inFile = names.filter((_, index) => index % 2 === 0);
  await Deno.writeTextFile(`${folder}/.env`, inFile.map((name) => `${name}='${env[name]}'\n`).join(""));
  const inProcess = names.filter((name) => !inFile.includes(name)).map((name) => `${name}=${env[name]}`);
  const command = String(tasks.start.command).replaceAll("--env-file ", `--env-file=${folder}/.env `)
    .replaceAll(/\bdeno run\b/g, `${Deno.execPath()} run --no-check`);
  return ["env", "-i", ...inherited, ...inProcess, "sh", "-c", `exec ${command}`];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

/** Reads the link of a mail, and returns it with the origin of the service. */
function linkIn(text = "", origin: string): string {
  const [link = ""] = /http:\/\/\S+/.exec(text) ?? [];
  return origin + new URL(link).pathname;
}

async function submit(url: string, fields: Record<string, string>): Promise<Response> {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
  await response.body?.cancel();
  return response;
}
