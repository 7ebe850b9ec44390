/** `GET /v1/account/export`: everything of one customer, streamed. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { exportAccount } from "../../../lib/my_account/export.ts";
import { EMAIL, MORK, signedUp } from "../../support/account_requests.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { wrapKv } from "../../support/kv_hooks.ts";
import { submit } from "../../support/purchases.ts";
import { assertInvalid } from "../../support/session_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { openHooked } from "../../support/webhooks.ts";

const PATH = "/v1/account/export";
/** Events of more than ten pages. */
const MANY = 1200;

/** Writes `MANY` events of an account, through what the service itself uses. */
async function makeMany(service: TestService, token: string): Promise<void> {
  for (let i = 0; i < MANY; i++) {
    const { body } = await service.send("PATCH", "/v1/account", { name: `Name ${i}` }, { token });
    await body?.cancel();
  }
}

Deno.test("GET /v1/account/export answers 200 with what exportAccount tells, and with nobody else's data", async () => {
  await using service = await TestService.open();
  const { session_token: token, account } = await service.signedIn("mork.1", { device: { name: "Kitchen" } });
  await submit(service, token, ["sub.active.1", "item.entitled.1"]);
  await signedUp(service);
  const response = await service.request(PATH, { token });
  assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
  assertEquals(response.headers.get("cache-control"), "no-store");
  const text = await response.text();
  const exported = JSON.parse(text);
  const expected = await exportAccount(service.services, account.id);
  // The second export has one event more.
  assertEquals(exported, { ...expected, events: expected?.events.slice(1) });
  assertEquals(exported.account.email, MORK);
  assertEquals(exported.entitlements.length, 2);
  assert(!text.includes(EMAIL) && !text.includes(token.slice(-43)));
});

Deno.test("an export of an empty list is JSON", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await signedUp(service);
  const { entitlements, mails, sessions } = await (await service.request(PATH, { token })).json();
  assertEquals([entitlements, mails, sessions.length], [[], [], 1]);
});

Deno.test("an export is read page by page, as fast as the device takes it, and ends when the device goes", async () => {
  let listed = 0;
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        read({ name }, perform) {
          if (name === "list") listed++;
          return perform();
        },
      }),
  });
  const { session_token: token } = await signedUp(service);
  await makeMany(service, token);
  listed = 0;
  const { body } = await service.request(PATH, { token });
  const reader = body!.getReader();
  await reader.read();
  assert(listed <= 2, `${listed} lists before anybody reads on`);
  await reader.cancel();
  const before = listed;
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(listed, before);
  const { events } = await (await service.request(PATH, { token })).json();
  assertEquals(events.filter(({ type }: { type: string }) => type === "account.updated").length, MANY);
  assert(listed > before + 10, `${listed - before} lists`);
});

Deno.test("an export whose database fails breaks off, so that it is no JSON, and the log has the cause", async () => {
  let broken = false;
  await using service = await TestService.open({
    wrapKv: (kv) =>
      wrapKv(kv, {
        read: ({ name }, perform) =>
          broken && name === "list" ? Promise.reject(new TypeError("a secret")) : perform(),
      }),
  });
  const { session_token: token } = await signedUp(service);
  const response = await service.request(PATH, { token });
  broken = true;
  await service.answerOf(assertRejects(() => response.text(), Error));
  const line = service.log.find(({ message }) => message === "export_broken_off");
  assertEquals([line?.level, line?.operation], ["WARN", "list"]);
});

Deno.test("GET /v1/account/export answers 401 without a session, and 503 when its event cannot be written", async () => {
  const commits = new CommitControl();
  await using service = await TestService.open({ wrapKv: commits.wrap });
  const { session_token: token } = await signedUp(service);
  await assertInvalid(await service.request(PATH));
  commits.break("fails");
  const refused = await service.answerOf(service.request(PATH, { token }));
  assertEquals(refused.status, 503);
  await refused.body?.cancel();
});

Deno.test("an export is told to the back end", async () => {
  await using hooked = await openHooked();
  const { session_token: token } = await signedUp(hooked.service);
  await (await hooked.service.request(PATH, { token })).body?.cancel();
  await hooked.service.services.background.idle();
  assertEquals(hooked.received.map(({ body }) => body.type).includes("account.exported"), true);
});
