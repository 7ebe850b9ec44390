/** The typed client of routes/README.md, with the types that openapi-typescript makes of `/openapi.json`. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TestService } from "../support/test_service.ts";
import { MAY_RUN } from "../support/child_process.ts";

const ignore = !MAY_RUN;

/** Changes that the types do not allow: the text, its replacement, and a part of the compiler's message. */
const MISUSES: [string, string, string][] = [
  ["body: { code,", "body: { kode: code,", "'kode' does not exist"],
  ["/v1/sessions/amazon", "/v1/sessions/amazone", '"/v1/sessions/amazone"'],
  ["error.next", "error.retry", "Property 'retry' does not exist"],
  ["data.session_token", "data.token", "Property 'token' does not exist"],
];

Deno.test({
  name: "the typed client of routes/README.md compiles with the types of /openapi.json and signs in",
  ignore,
  async fn() {
    // Reads the environment when it is loaded, which a run without permissions may not.
    const { astToString, default: openapiTypes } = await import("openapi-typescript");
    await using service = await TestService.open();
    const folder = await Deno.makeTempDir();
    try {
      const document = await (await service.request("/openapi.json")).json();
      await Deno.writeTextFile(`${folder}/oneclick.ts`, astToString(await openapiTypes(document)));
      const [, client = ""] =
        /```ts ignore\n(import createClient[^]*?)```/.exec(await Deno.readTextFile("routes/README.md")) ?? [];
      await Deno.writeTextFile(`${folder}/client.ts`, client);
      assertEquals(await check(`${folder}/client.ts`), "");
      for (const [use, misuse, complaint] of MISUSES) {
        assert(client.includes(use));
        await Deno.writeTextFile(`${folder}/misuse.ts`, client.replace(use, misuse));
        assertStringIncludes(await check(`${folder}/misuse.ts`), complaint);
      }

      const { signIn }: Client = await import(`file://${folder}/client.ts`);
      const send = async (request: Request) => {
        const { pathname } = new URL(request.url);
        const { method, headers } = request;
        return await service.request(pathname, { method, headers, body: await request.text() });
      };
      const { token = "", welcome } = await signIn("new.1", send);
      assertMatch(token, /^ocs_/);
      assertEquals(welcome, true);
      assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
      assertEquals(await signIn("new~token-invalid_grant.2", send), { next: "new_code" });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

interface Client {
  signIn(
    code: string,
    send: (request: Request) => Promise<Response>,
  ): Promise<{ token?: string; welcome?: boolean; next?: string }>;
}

/** Returns the compiler's messages; empty when there are none. */
async function check(file: string): Promise<string> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", "deno.json", file],
    env: { NO_COLOR: "1" },
  }).output();
  return success ? "" : new TextDecoder().decode(stderr);
}
