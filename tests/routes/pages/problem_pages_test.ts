/** Problems on the paths of customers' pages. */
import { assertEquals } from "@std/assert";
import { open, submit } from "../../support/mailed_links.ts";
import { fieldsOf, NEW, oneClickCustomer } from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("an unknown method or path answers with a page below the paths of the pages", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  for (const path of [link, "/delete-account", link.replace("/reset/", "/delete-account/")]) {
    const { status, headers, html } = await open(service, path, { method: "PUT" });
    assertEquals([status, headers.get("allow"), html.slice(0, 9)], [405, "GET, HEAD, POST", "<!DOCTYPE"]);
  }
  for (const path of ["/reset", "/reset/", `${link}/a`, "/delete-account/a/b"]) {
    const { status, html } = await open(service, path);
    assertEquals([status, html.slice(0, 9)], [404, "<!DOCTYPE"], path);
  }
  assertEquals((await service.request("/resets")).headers.get("content-type"), "application/problem+json");
});

Deno.test("an unexpected error answers with a page that does not show its message", async () => {
  await using service = await TestService.open();
  const { link } = await oneClickCustomer(service);
  service.services.hasher.hash = () => Promise.reject(new RangeError("canary"));
  const page = await submit(service, link, fieldsOf(NEW));
  assertEquals([page.status, page.heading], [500, "Something went wrong here"]);
  assertEquals(JSON.stringify([page.html, service.log]).includes("canary"), false);
  assertEquals(service.log.at(-1)?.problem, "internal");
});
