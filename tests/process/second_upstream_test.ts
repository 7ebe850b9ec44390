/** The exchange with an independent OAuth server, `oauth2-mock-server`, over real HTTP. */
import { assertEquals, assertMatch } from "@std/assert";
import { OAuth2Server } from "oauth2-mock-server";
import { systemClock as clock } from "../../lib/base/clock.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { devEnvironment } from "../../lib/dev/environment.ts";
import { createServices } from "../../lib/services.ts";
import { createApp } from "../../routes/mod.ts";
import { MAY_RUN } from "../support/child_process.ts";

const ENDPOINTS = { token: "/version/1.0/auth/o2/token", userinfo: "/version/1.0/user/profile" };

type App = ReturnType<typeof createApp>;

Deno.test(
  "the exchange works with oauth2-mock-server by form and header",
  { ignore: !MAY_RUN },
  () =>
    served(async (server, app) => {
      let form: Record<string, unknown> = {};
      let authorization = "";
      server.service.once("beforeResponse", (_, request) => form = { ...request.body });
      server.service.once("beforeUserinfo", (answer, request) => {
        authorization = request.headers.authorization ?? "";
        answer.body = { ...answer.body, user_id: "someone else's id", email: "john@example.com" };
      });
      const response = await signIn(app, "a code of its own");
      assertEquals(response.status, 201);
      const { account } = await response.json();
      assertEquals([account.email, account.name, account.created], ["john@example.com", null, true]);
      assertEquals(form, {
        grant_type: "authorization_code",
        code: "a code of its own",
        client_id: "foodev",
        client_secret: "foosecret",
      });
      assertMatch(authorization, /^Bearer eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    }),
);

Deno.test(
  "the errors of oauth2-mock-server become problems of the contract",
  { ignore: !MAY_RUN },
  () =>
    served(async (server, app) => {
      server.service.once("beforeResponse", (answer) => {
        answer.statusCode = 400;
        answer.body = { error: "invalid_grant" };
      });
      await assertProblem(await signIn(app, "first"), 400, "code_rejected");
      // By default the userinfo of this server has a `sub` and no `user_id`.
      await assertProblem(await signIn(app, "second"), 502, "upstream_invalid");
      server.service.once("beforeUserinfo", (answer) => {
        answer.statusCode = 401;
        answer.body = { error: "insufficient_scope" };
      });
      await assertProblem(await signIn(app, "third"), 403, "consent_insufficient");
    }),
);

async function served(use: (server: OAuth2Server, app: App) => Promise<void>): Promise<void> {
  const server = new OAuth2Server(undefined, undefined, { endpoints: ENDPOINTS });
  await server.issuer.keys.generate("RS256");
  await server.start(0, "127.0.0.1");
  using kv = await Deno.openKv(":memory:");
  try {
    const config = parseConfig({
      ...devEnvironment(`http://127.0.0.1:${server.address().port}`, 8000),
      AMAZON_TOKEN_REQUEST: "form",
      AMAZON_PROFILE_REQUEST: "header",
    });
    await use(server, createApp(createServices({ config, kv, clock, log: () => {}, fetch, cores: 1 })));
  } finally {
    await server.stop();
  }
}

function signIn(app: App, code: string): Promise<Response> {
  return Promise.resolve(app.request("/v1/sessions/amazon", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  }));
}

async function assertProblem(response: Response, status: number, code: string): Promise<void> {
  assertEquals([response.status, (await response.json()).code], [status, code]);
}
