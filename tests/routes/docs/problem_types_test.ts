/** `GET /problems/{code}`. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PROBLEMS } from "../../../lib/base/problem.ts";
import { NEXT_STEPS } from "../../../routes/openapi/next_steps.ts";
import { open } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";

Deno.test("GET /problems/{code} explains a problem", async () => {
  await using service = await TestService.open();
  for (const [code, expected] of Object.entries(PROBLEMS)) {
    const response = await service.request(`/problems/${code}`);
    assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
    assertEquals(await response.json(), { code, ...expected });
  }
  for (const code of ["nothing", "constructor", "__proto__", "Internal"]) {
    await assertProblem(await service.request(`/problems/${code}`), "not_found");
  }
});

const BROWSER = { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

/** Returns the text below a heading of a page. */
function below(html: string, heading: string): string {
  const [, section = ""] = new RegExp(`<h2>${heading}</h2>(.*?)(?=<h2>|$)`, "s").exec(html) ?? [];
  return section.replace(/<[^>]*>/g, "").replaceAll("&#39;", "'").replaceAll("&quot;", '"');
}

Deno.test("GET /problems/{code} shows a browser what the problem means, and what device and operator do", async () => {
  await using service = await TestService.open();
  const seen = new Set<string>();
  for (const [code, { status, next, title }] of Object.entries(PROBLEMS)) {
    const page = await open(service, `/problems/${code}`, { headers: BROWSER });
    assertEquals([page.status, page.headers.get("content-type")], [200, "text/html; charset=UTF-8"]);
    assertEquals(page.headers.get("vary"), "Accept");
    assertEquals(page.heading.replaceAll("&#39;", "'"), title);
    for (const text of [`<code>${code}</code>`, `<code>${next}</code>`, `>${status}<`, 'href="/docs"']) {
      assertStringIncludes(page.html, text);
    }
    const means = below(page.html, "What it means");
    assert(means.length > 30 && !seen.has(means), `${code}: ${means}`);
    seen.add(means);
    assertStringIncludes(below(page.html, "What the device does"), NEXT_STEPS[next].replaceAll("`", ""));
    assert(below(page.html, "What the operator does").length > 20, code);
    const example = below(page.html, "What it looks like");
    assertStringIncludes(example, `"code": "${code}"`);
    assertEquals(example.includes("Retry-After"), next === "retry", code);
    assertEquals(/<script| (?:src|style|on\w+)=/i.exec(page.html), null);
  }
});

Deno.test("GET /problems/{code} of no problem shows a browser the page of a missing path", async () => {
  await using service = await TestService.open();
  for (const code of ["nothing", "constructor", "__proto__"]) {
    const page = await open(service, `/problems/${code}`, { headers: BROWSER });
    assertEquals([page.status, page.heading], [404, "There is no such page"]);
  }
});

Deno.test("each variable and task that a problem's page names exists", async () => {
  await using service = await TestService.open();
  const { default: { tasks } } = await import("../../../deno.json", { with: { type: "json" } });
  for (const code of Object.keys(PROBLEMS)) {
    const { html } = await open(service, `/problems/${code}`, { headers: BROWSER });
    const operator = /What the operator does<\/h2>(.*?)<h2>/s.exec(html)?.[1] ?? "";
    for (const [, name = ""] of operator.matchAll(/<code>([A-Z_]{4,})<\/code>/g)) {
      assert(new RegExp(`[=,]${name}[, ]`).test(tasks.start.command), `${code}: ${name}`);
    }
    for (const [, task = ""] of operator.matchAll(/<code>deno task (\w+)/g)) assert(task in tasks, task);
  }
});
