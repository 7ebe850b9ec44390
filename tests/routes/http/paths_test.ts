import { assertEquals } from "@std/assert";
import { getPath } from "hono/utils/url";
import { isHost, pathOf } from "../../../routes/http/paths.ts";
import { signedUp } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { deletionLink, open, resetLink, submit } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

/** What mail programs, chats and people leave behind a link. */
const TRAILS = [
  ..."/.,;:!?)]}>\"'»”’*|=`",
  ").",
  "/>",
  "/)",
  ">,",
  "%3E",
  "%22",
  "%27",
  "%29.",
  "%20",
  "%0A",
  "%0D%0A",
  "%C2%A0",
  "%E2%80%9D",
  "%E3%80%82",
  "%5D%5D",
  "//",
  "_",
  "-",
  "__",
  "~~",
  "^",
  "+",
  "%E2%80%8B",
  "%EF%BB%BF",
  "%E2%80%AC)",
  "%00",
];
const TOKEN = `A-${"b_".repeat(31)}`;

Deno.test("pathOf() leaves out what programs leave behind the path of a page", () => {
  const pages = [
    `/reset/${TOKEN}`,
    `/delete-account/${TOKEN}`,
    `/activate/${TOKEN}`,
    `/confirm-email/${TOKEN}`,
    `/reset/${TOKEN.slice(0, -2)}--`,
    `/activate/${TOKEN.slice(0, 41)}-_`,
  ];
  for (const page of pages) {
    for (const trail of ["", ...TRAILS]) {
      assertEquals(pathOf(new Request(`http://a.example${page}${trail}`)), page, page + trail);
      assertEquals(pathOf(new Request(`http://a.example${page}${trail}?utm_source=mail#top`)), page);
    }
  }
});

Deno.test("pathOf() leaves out what programs leave behind the path of a page without a token", () => {
  for (const page of ["/delete-account", "/activate", "/docs"]) {
    for (const trail of TRAILS.filter((trail) => !/^[-_]/.test(trail))) {
      assertEquals(pathOf(new Request(`http://a.example${page}${trail}`)), page, page + trail);
    }
  }
});

Deno.test("pathOf() leaves every other path as it is", () => {
  for (
    const path of [
      "/healthz/",
      "/v1/sessions/",
      "/v1/sessions/amazon.",
      "/openapi.json",
      "/problems/code_lost)",
      "/resets.",
      "/docsy/",
      "/reset/",
      "/reset/%F0%9F%9A%80",
      "/reset/..%2F..%2Fv1",
      "/delete-account/%F0%9F%9A%80",
      "/delete-account/a/b",
      "/docs/%E0%A4%A",
    ]
  ) {
    const request = new Request(`http://a.example${path}`);
    assertEquals(pathOf(request), getPath(request));
  }
});

Deno.test("isHost() takes hosts with and without a port, and no text that could be a path", () => {
  for (
    const host of ["a", "a.example", "A.EXAMPLE:443", "10.0.0.1:8000", "[::1]", "[::1]:8000", "a_b", "a:"]
  ) {
    assertEquals(isHost(host), true, host);
  }
  for (
    const host of [
      "",
      " ",
      "a/",
      "a/openapi.json?",
      "a?b",
      "a#b",
      "a b",
      "a\\b",
      "u@a",
      "a:x",
      "a:123456",
      "::1",
      "[::1",
      "a, b",
      "<a>",
      "a%2F",
      "a:65536",
      "256.256.256.256",
      "1.2.3.4.5",
      "999999999999",
      "[1:2]",
      "xn--a",
    ]
  ) {
    assertEquals(isHost(host), false, host);
  }
});

Deno.test("a request whose Host is none is refused as invalid_request on every path", async () => {
  await using service = await TestService.open();
  for (const path of ["/healthz", "/v1/sessions/current", "/docs", "/nothing"]) {
    const response = await service.request(path, { headers: { host: "x/openapi.json?" } });
    const problem = await assertProblem(response, "invalid_request");
    assertEquals(problem.errors, [{ path: "Host", message: "Is not a host" }]);
  }
  for (const host of ["a:99999", "1.2.3.4.5", "xn--a"]) {
    const headers = { host, "content-type": "application/json;charset=UTF-8;x=y" };
    const response = await service.request("/v1/sessions", { method: "POST", body: "{}", headers });
    await assertProblem(response, "invalid_request");
  }
  const good = await service.request("/healthz", { headers: { host: "signin.example:443" } });
  assertEquals(good.status, 200);
  await good.body?.cancel();
});

Deno.test("mailed links work with what mail programs leave behind them, and so do their forms", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const reset = await resetLink(service, "vera@example.com");
  const deletion = await deletionLink(service, "vera@example.com");
  for (const trail of TRAILS) {
    assertEquals((await open(service, reset + trail)).heading, "Choose a new password", trail);
    assertEquals((await open(service, deletion + trail)).heading, "Delete this account?", trail);
  }
  for (const trail of ["/", ").", "%E2%80%8B"]) {
    assertEquals((await open(service, `/delete-account${trail}`)).status, 200, trail);
    assertEquals((await service.request(`/docs${trail}`)).status, 200, trail);
  }
  const fields = { password: "seven quiet herons", repeat: "seven quiet herons" };
  assertEquals((await submit(service, `${reset})/`, fields)).status, 200);
});

Deno.test("the page of a dead deletion link leads to the page for a new one, with and without a slash behind it", async () => {
  await using service = await TestService.open();
  for (const trail of ["", ".", "/", ")/"]) {
    const path = `/delete-account/${TOKEN}${trail}`;
    const { html } = await open(service, path);
    const [, action = ""] = / action="([^"]+)"/.exec(html) ?? [];
    assertEquals(new URL(action, `http://a.example${path}`).pathname, "/delete-account", path);
  }
});
