/** The start page, and paths that do not exist, in a browser and for a program. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertProblem } from "../../support/contract_problems.ts";
import { open } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

function linksIn(html: string): string[] {
  return Array.from(html.matchAll(/ href="([^"]*)"/g), ([, target = ""]) => target);
}

Deno.test("GET / shows a browser what the service is, with links that lead somewhere", async () => {
  await using service = await TestService.open({ env: { APP_NAME: "Kino & Co" } });
  const page = await open(service, "/", { headers: BROWSER });
  assertEquals([page.status, page.heading], [200, "Sign-in for Kino &amp; Co"]);
  assertEquals(page.headers.get("content-type"), "text/html; charset=UTF-8");
  const links = linksIn(page.html);
  assertEquals(links, ["/delete-account", "/docs", "/openapi.json"]);
  for (const link of links) assertEquals((await open(service, link, { headers: BROWSER })).status, 200, link);
  const head = await service.request("/", { method: "HEAD", headers: BROWSER });
  assertEquals([head.status, await head.text()], [200, ""]);
});

Deno.test("GET / and unknown paths stay JSON for programs, and caches keep both apart", async () => {
  await using service = await TestService.open();
  for (const path of ["/", "/nothing", "/docs/nothing", "/problems"]) {
    for (const accept of ["*/*", "application/json", undefined]) {
      const response = await service.request(path, accept === undefined ? {} : { headers: { accept } });
      assertStringIncludes(response.headers.get("vary") ?? "", "Accept");
      await assertProblem(response, "not_found");
    }
    const page = await open(service, path, { headers: BROWSER });
    assertStringIncludes(page.headers.get("vary") ?? "", "Accept,");
    assertEquals(page.html.slice(0, 9), "<!DOCTYPE");
  }
});

Deno.test("an unknown path shows a browser a page in its language, which leads to the start page", async () => {
  await using service = await TestService.open();
  for (const path of ["/nothing", "/problems", "/healthz/", "/v2/sessions", "/v1x", "/.well-known/nothing"]) {
    const page = await open(service, path, { headers: { ...BROWSER, "accept-language": "fr" } });
    assertEquals([page.status, page.heading], [404, "Cette page n’existe pas"], path);
    assertEquals(linksIn(page.html), ["/"]);
    assertEquals(service.log.at(-1)?.problem, "not_found");
  }
});

Deno.test("below /v1 all problems are JSON, and so are those of other methods and paths", async () => {
  await using service = await TestService.open();
  for (const path of ["/v1", "/v1/nothing", "/v1/sessions/a/b"]) {
    await assertProblem(await service.request(path, { headers: BROWSER }), "not_found");
  }
  await assertProblem(await service.request("/v1/account", { headers: BROWSER }), "invalid_session");
  const { headers } = { headers: { ...BROWSER, authorization: "Bearer none" } };
  await assertProblem(await service.request("/v1/sessions", { headers }), "invalid_session");
  const posted = await service.request("/", { method: "POST", headers: BROWSER });
  assertEquals(posted.headers.get("allow"), "GET, HEAD");
  await assertProblem(posted, "method_not_allowed");
});
