import { assertEquals } from "@std/assert";
import { TrieRouter } from "hono/router/trie-router";
import { StaticRouter } from "../../../routes/http/static_router.ts";
import { createApp } from "../../../routes/mod.ts";
import { TestService } from "../../support/test_service.ts";

/** The routers under test, with the same handlers. */
function pair(routes: readonly (readonly [string, string])[]) {
  const routers = [new StaticRouter<string>(), new TrieRouter<string>()] as const;
  for (const router of routers) {
    for (const [method, path] of routes) router.add(method, path, `${method} ${path}`);
  }
  return routers;
}

Deno.test("StaticRouter finds for every route of the app what Hono's router finds, the first time and again", async () => {
  await using service = await TestService.open();
  const routes = createApp(service.services).routes.map(({ method, path }) => [method, path] as const);
  const [router, hono] = pair(routes);
  const paths = new Set(routes.map(([, path]) => path.replaceAll(/:\w+|\*/g, "ses_1")));
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"]) {
    for (const path of [...paths, "/v1", "/v1/none", "/v1/sessions/current/", "/%761/sessions", ""]) {
      const expected = hono.match(method, path);
      for (let time = 0; time < 2; time++) {
        assertEquals(router.match(method, path), expected, `${method} ${path}`);
      }
    }
  }
});

Deno.test("StaticRouter finds a handler that is added after the first request", () => {
  const [router] = pair([["GET", "/a"]]);
  assertEquals(router.match("GET", "/a")[0].length, 1);
  router.add("ALL", "/*", "all");
  assertEquals(router.match("GET", "/a")[0].map(([handler]) => handler), ["GET /a", "all"]);
});
