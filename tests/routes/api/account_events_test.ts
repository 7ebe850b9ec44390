/** `GET /v1/account/events`. */
import { assert, assertEquals } from "@std/assert";
import type { EventPage } from "../../../lib/events/events.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { assertInvalid, signInDevices } from "../../support/session_requests.ts";
import { TestService } from "../../support/test_service.ts";

async function page(service: TestService, token: string, query = ""): Promise<EventPage> {
  const response = await service.request(`/v1/account/events${query}`, { token });
  assertEquals(response.status, 200);
  return await response.json();
}

Deno.test("GET /v1/account/events answers 200 with the events, newest first", async () => {
  await using service = await TestService.open();
  const [first, second] = await signInDevices(service, "mork", 2);
  await service.signedIn("new.1");
  await service.clock.advance(1000);
  await service.request("/v1/sessions/current", { method: "DELETE", token: second.session_token });
  const { events, next_cursor } = await page(service, first.session_token);
  assertEquals(next_cursor, null);
  assertEquals(events.map(({ type, data: { session_id } }) => [type, session_id]), [
    ["session.revoked", second.session.id],
    ["session.created", second.session.id],
    ["session.created", first.session.id],
    ["account.created", undefined],
  ]);
  assert(events.every(({ data }) => data.account_id === first.account.id));
});

for (const limit of [1, 2, 3, 5, 100]) {
  Deno.test(`GET /v1/account/events pages by ${limit} without a gap and without a repetition`, async () => {
    await using service = await TestService.open();
    const [first] = await signInDevices(service, "mork", 5);
    const token = first.session_token;
    await service.request("/v1/sessions?keep=current", { method: "DELETE", token });
    const all = (await page(service, token, "?limit=100")).events;
    assertEquals(all.length, 10);
    const read = [];
    for (let query = `?limit=${limit}`;;) {
      const { events, next_cursor } = await page(service, token, query);
      assert(events.length <= limit);
      read.push(...events);
      if (next_cursor === null) break;
      query = `?limit=${limit}&cursor=${next_cursor}`;
    }
    assertEquals(read, all);
  });
}

Deno.test("GET /v1/account/events answers invalid_request to a wrong limit or cursor", async () => {
  await using service = await TestService.open();
  const { session_token: token, session } = await service.signedIn("mork.1");
  for (
    const query of [
      "?limit=0",
      "?limit=101",
      "?limit=x",
      "?cursor=",
      `?cursor=${session.id}`,
      "?cursor=evt_zz",
    ]
  ) {
    await assertProblem(await service.request(`/v1/account/events${query}`, { token }), "invalid_request");
  }
});

Deno.test("GET /v1/account/events answers 401 without a session, and after the account was deleted", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await service.signedIn("mork.1");
  await assertInvalid(await service.request("/v1/account/events"));
  assertEquals((await deleteAccount(service, token)).status, 204);
  await assertInvalid(await service.request("/v1/account/events", { token }));
  await service.runDueTasks();
  const left = await Array.fromAsync(service.kv.list({ prefix: ["session", account.id] }));
  assertEquals(left, []);
});
