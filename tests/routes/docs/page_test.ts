/** `/docs`: the page shows everything that the description says, and loads nothing else. */
import { assert, assertEquals } from "@std/assert";
import type { ProblemCode } from "../../../lib/base/problem.ts";
import { documentOf, operationsOf } from "../../support/api_document.ts";
import { CONTRACT } from "../../support/contract_problems.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("GET /docs shows all operations, parameters, fields, headers, examples and problems", async () => {
  await using service = await TestService.open();
  const response = await service.request("/docs");
  assertEquals([response.status, response.headers.get("content-type")], [200, "text/html; charset=UTF-8"]);
  const page = decode(await response.text());
  const document = await documentOf(service);
  for (const { path, method, operation } of operationsOf(document)) {
    const [, card = ""] = page.split(`<article id="${operation.operationId}"`);
    const [article = ""] = card.split("</article>");
    // Of several media types the page shows the first.
    const bodies = [operation.requestBody, ...Object.values(operation.responses)]
      .flatMap((it) => Object.values(it?.content ?? {}).slice(0, 1));
    const expected = [
      method.toUpperCase(),
      path,
      operation.summary,
      ...(operation.security.length > 0 ? ["session token", '-H "Authorization: Bearer $TOKEN"'] : []),
      ...(operation.parameters ?? []).flatMap((
        { name, schema },
      ) => [name, schema.description?.split("`").at(-1) ?? name]),
      ...Object.entries(operation.responses).flatMap((
        [status, { headers }],
      ) => [status, ...Object.keys(headers)]),
      ...bodies.flatMap(({ example, examples = {} }) => [
        ...Object.keys(examples),
        ...[example, ...Object.values(examples).map(({ value }) => value)]
          .map((value) => typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? ""),
      ]),
    ];
    for (const text of expected) assert(article.includes(text), `${operation.operationId}: ${text}`);
  }
  for (const field of ["device.platform", "account.created", "session.device.name", "sessions[].current"]) {
    assert(page.includes(`<code>${field}</code>`), field);
  }
});

Deno.test("GET /docs loads nothing else: its content policy allows its own style and script only", async () => {
  await using service = await TestService.open();
  const response = await service.request("/docs");
  const page = await response.text();
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(page) ?? [];
  const [, script = ""] = /<script>([^]*?)<\/script>/.exec(page) ?? [];
  assertEquals(
    response.headers.get("content-security-policy"),
    `default-src 'none'; script-src ${await hashOf(script)}; style-src ${await hashOf(style)}; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  assert(script.length > 1000 && !/fetch|import|eval|cookie|localStorage/.test(script));
  assertEquals(response.headers.get("x-frame-options"), "DENY");
  assert(style.length > 1000 && !/url\(|@import/.test(style));
  assertEquals(
    /<(?:link|img|iframe|object|embed|base|form)\b| (?:src|style|on\w+)=/i.exec(page.replace(script, "")),
    null,
  );
  const targets = Array.from(page.matchAll(/ href="([^"]*)"/g), ([, target = ""]) => target);
  assert(targets.length > operationsOf(await documentOf(service)).length);
  for (const target of targets) {
    if (target.startsWith("#")) assert(page.includes(` id="${target.slice(1)}"`), target);
    else assertEquals((await service.request(target)).status, 200, target);
  }
});

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${new Uint8Array(digest).toBase64()}'`;
}

Deno.test("GET /docs explains each next, and shows a header with those problems alone that have it", async () => {
  await using service = await TestService.open();
  const page = decode(await (await service.request("/docs")).text());
  const [, section = ""] = /<section class="tag" id="next">([^]*?)<\/section>/.exec(page) ?? [];
  const problems = page.split('<details class="problem">').slice(1).map((part) =>
    part.split("</details>")[0]!
  );
  const seen = new Set<string>();
  for (const problem of problems) {
    const [, code = ""] = /<code>(\w+)<\/code>/.exec(problem) ?? [];
    const [, caption = ""] = /<figcaption>(.*?)<\/figcaption>/.exec(problem) ?? [];
    const [, next] = CONTRACT[code as ProblemCode];
    seen.add(next);
    assertEquals(caption.split(" · ").slice(1), [
      "X-Request-Id",
      ...(next === "retry" ? ["Retry-After"] : []),
      ...(code === "invalid_session" ? ["WWW-Authenticate"] : []),
      ...(code === "method_not_allowed" ? ["Allow"] : []),
    ], code);
  }
  assertEquals(seen, new Set(Object.values(CONTRACT).map(([, next]) => next)));
  for (const next of seen) assert(section.includes(`<code>${next}</code>`), next);
  // All that is shown can be read without scrolling inside the page.
  assert(!/max-height: \d+rem|pre \{[^}]*overflow: (?:auto|hidden|scroll)/.test(page));
});

function decode(html: string): string {
  return html.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll(
    "&gt;",
    ">",
  )
    .replaceAll("&amp;", "&");
}
