/** `GET|PATCH /v1/account`, in the order of the contract (routes/README.md). */
import { assertEquals } from "@std/assert";
import { accountOf, bodyOf, signedUp } from "../../support/account_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";

Deno.test("GET /v1/account answers 200 with the account of the session, after sign-up and after one click", async () => {
  await using service = await TestService.open();
  for (const { session_token, account } of [await signedUp(service), await service.signedIn("mork.1")]) {
    const { created: _, ...shown } = account;
    const response = await service.request("/v1/account", { token: session_token });
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(await bodyOf<unknown>(response, 200), shown);
  }
});

Deno.test("GET and PATCH /v1/account answer invalid_session without a session", async () => {
  await using service = await TestService.open();
  const response = await service.request("/v1/account");
  assertEquals(response.headers.get("www-authenticate"), "Bearer");
  await assertProblem(response, "invalid_session");
  await assertProblem(await service.send("PATCH", "/v1/account", { name: "Eve" }), "invalid_session");
});

Deno.test("PATCH /v1/account changes the fields of the body, keeps the other fields, and clears a field with null", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  const { created: _, ...before } = account;
  const patch = async (changes: unknown) =>
    await bodyOf<Record<string, unknown>>(
      await service.send("PATCH", "/v1/account", changes, { token }),
      200,
    );
  assertEquals(await patch({}), before);
  assertEquals(await patch({ name: " Mork\u00a0H. " }), { ...before, name: "Mork\u00a0H." });
  assertEquals(await patch({ postal_code: "101-0051" }), {
    ...before,
    name: "Mork\u00a0H.",
    postal_code: "101-0051",
  });
  assertEquals(await patch({ name: null, postal_code: "" }), { ...before, name: null, postal_code: null });
  assertEquals(await accountOf(service, token), { ...before, name: null, postal_code: null });
});

Deno.test("PATCH /v1/account answers invalid_request to invalid fields and changes nothing", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service, { name: "Vera" });
  const before = await accountOf(service, token);
  const bodies = [null, [], "x", { name: 1 }, { name: "Eve", postal_code: {} }, { name: "a\nb" }, {
    name: "v".repeat(257),
  }];
  for (const body of bodies) {
    await assertProblem(await service.send("PATCH", "/v1/account", body, { token }), "invalid_request");
  }
  assertEquals(await accountOf(service, token), before);
});

Deno.test("PATCH /v1/account keeps both of two changes made at the same time", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const patch = (body: unknown) => service.send("PATCH", "/v1/account", body, { token });
  const responses = await Promise.all([patch({ name: "Vera" }), patch({ postal_code: "98052" })]);
  assertEquals(responses.map(({ status }) => status), [200, 200]);
  const { name, postal_code } = await accountOf(service, token) as Record<string, unknown>;
  assertEquals([name, postal_code], ["Vera", "98052"]);
});
