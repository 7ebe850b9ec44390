/** `POST /v1/accounts` at the same moment as others: one email has one account. */
import { assertEquals } from "@std/assert";
import { signUp } from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { wrapKv, writes } from "../../support/kv_hooks.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("POST /v1/accounts creates one account for 16 sign-ups at once", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  const responses = await Promise.all(Array.from({ length: 16 }, () => signUp(service)));
  const statuses = Map.groupBy(responses, ({ status }) => status);
  assertEquals([statuses.get(201)?.length, statuses.get(409)?.length], [1, 15]);
  for (const response of statuses.get(409) ?? []) await assertProblem(response, "email_taken");
  assertEquals(await service.stored(), { account: 1, email: 1, session: 1, event: 1 });
});

for (const faster of ["one click", "sign-up"] as const) {
  Deno.test(`a sign-up and a one-click sign-in with the same email at the same moment create one account: ${faster} is faster`, async () => {
    const email = "mhashimoto-04@plaxo.com";
    let meanwhile: (() => Promise<Response>) | undefined;
    let first: Response | undefined;
    await using service = await TestService.open({
      wrapKv: (kv) =>
        wrapKv(kv, {
          async commit(commit, perform) {
            const other = writes(commit, "account") ? meanwhile : undefined;
            if (other !== undefined) {
              meanwhile = undefined;
              first = await other();
            }
            return await perform();
          },
        }),
    });
    const oneClick = () => service.signIn("mork.1");
    const form = () => signUp(service, { email });
    // Both have read that the email is free; the faster one commits before the other.
    meanwhile = faster === "one click" ? oneClick : form;
    const second = await (faster === "one click" ? form() : oneClick());
    assertEquals(first?.status, 201);
    await assertProblem(second, faster === "one click" ? "email_taken" : "link_required");
    const { account, email: index, session, amazon_user } = await service.stored();
    assertEquals([account, index, session], [1, 1, 1]);
    assertEquals(amazon_user, faster === "one click" ? 1 : undefined);
  });
}

Deno.test("a sign-up and a one-click sign-in with the same email create one account in any order", async () => {
  for (let round = 0; round < 10; round++) {
    await using service = await TestService.open({ passwordIterations: 1 + round * 100 });
    const requests = [service.signIn("mork.1"), signUp(service, { email: "mhashimoto-04@plaxo.com" })];
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    assertEquals(statuses.sort(), [201, 409]);
    const { account, email: index, session } = await service.stored();
    assertEquals([account, index, session], [1, 1, 1]);
  }
});
