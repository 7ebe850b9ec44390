/** Each command with curl of a README.md and of `/docs`, pasted into a shell beside `deno task dev`. */
import { assert, assertStringIncludes } from "@std/assert";
import { DenoProcess, MAY_RUN } from "../support/child_process.ts";
import { readmes } from "../support/readmes.ts";

const ignore = !MAY_RUN;

/**
 * The commands of `/docs` that development refuses, by their paths: a README.md has taken the email, and nobody has
 * approved, bought or signed what the others are about.
 */
const REFUSED: Readonly<Record<string, string>> = {
  "/v1/accounts": "email_taken",
  "/v1/sessions/activation": "expired_token",
  "/v1/sessions/receipt": "receipt_rejected",
  "/v1/appstore/notifications": "invalid_request",
  "/v1/account/profile-refresh": "not_found",
};

Deno.test({
  name:
    "each command with curl of a README.md and of /docs works when it is pasted beside deno task dev, and again",
  ignore: ignore || Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-readme-" });
    const port = freePortBesideAnother();
    await using dev = new DenoProcess(["--no-check", "lib/dev/main.ts"], {
      PORT: String(port),
      KV_PATH: `${folder}/dev.kv`,
    });
    try {
      await dev.line(/"listening"/);
      const origin = `http://localhost:${port}`;
      const paste = async (command: string) => {
        const text = command.replaceAll("http://localhost:8000", origin)
          .replaceAll("http://localhost:8001", `http://localhost:${port + 1}`);
        const { code, stdout } = await new Deno.Command("sh", { args: ["-c", text] }).output();
        const answer = new TextDecoder().decode(stdout);
        const [, status = "0"] = /^HTTP\/1.1 (\d+)/.exec(answer) ?? [];
        return { code, status: Number(status), answer };
      };
      let count = 0;
      for (const path of await readmes()) {
        const commands = (await Deno.readTextFile(path)).matchAll(/^curl (?:.*\\\n)*.*$/gm);
        for (const [curl] of commands) {
          for (const time of ["pasted", "pasted again"]) {
            const { code, status, answer } = await paste(curl.replace(/^curl (?:-i )?/, "curl -i "));
            const taken = curl.includes("/v1/accounts") ? 409 : 0;
            assert(
              code === 0 && (status >= 200 && status < 300 || status === taken),
              `${path}, ${time}: ${curl}\n${answer}`,
            );
            count++;
          }
        }
      }
      assert(count >= 20, `${count} requests`);

      const samples = commandsOf(await (await fetch(`${origin}/docs`)).text());
      const [token, first, ...others] = samples;
      assertStringIncludes(first ?? "", "/v1/sessions/amazon");
      for (const time of ["pasted", "pasted again"]) {
        const { status, answer } = await paste(first ?? "");
        assert(status === 200 || status === 201, `${time}: ${first}\n${answer}`);
      }
      assert(others.length >= 30, `${others.length} commands`);
      for (const command of others) {
        const { status, answer } = await paste(`${token}\n${command}`);
        const [, refusal] = Object.entries(REFUSED).find(([path]) => command.includes(path)) ?? [];
        const [, code] = /"code":"([a-z_]+)"/.exec(answer) ?? [];
        const fits = refusal === undefined
          ? status >= 200 && status < 300
          : status >= 400 && code === refusal;
        assert(fits, `${command}\n${answer}`);
      }
    } finally {
      await dev.end();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Returns a free port below another one, on which the simulated Amazon listens. */
function freePortBesideAnother(): number {
  for (;;) {
    using first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = first.addr as Deno.NetAddr;
    try {
      Deno.listen({ hostname: "127.0.0.1", port: port + 1 }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Returns the commands of the page `/docs`, in their order. */
function commandsOf(page: string): string[] {
  return Array.from(
    page.matchAll(/<code>((?:[A-Z_]+=\$\(|curl )[^]*?)<\/code>/g),
    ([, command = ""]) =>
      command.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&gt;", ">").replaceAll(
        "&amp;",
        "&",
      ),
  );
}
