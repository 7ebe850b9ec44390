/** The delivery of webhooks: every event reaches the app's back end at least once, or is given up with an error. */
import { assert, assertEquals } from "@std/assert";
import { listEvents } from "../../../lib/events/events.ts";
import { CommitControl } from "../../support/commit_control.ts";
import { deleteAccount } from "../../support/deletion_requests.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { wrapKv } from "../../support/kv_hooks.ts";
import { TestService } from "../../support/test_service.ts";
import { openHooked, SECRETS, verify } from "../../support/webhooks.ts";

const status = (code: number, headers: Record<string, string> = {}) => () =>
  new Response(null, { status: code, headers });

Deno.test("each event is posted as Standard Webhooks says, with the same id as in the list of events", async () => {
  await using hooked = await openHooked();
  const { service, received } = hooked;
  const { account, session } = await service.signedIn("mork.1", { device: { name: "Living room" } });
  await service.services.background.idle();
  const { events } = await listEvents(service.services, { accountId: account.id, limit: 100 });
  const data = { account_id: account.id, method: "one_click" };
  const timestamp = new Date(service.clock.now()).toISOString();
  const bodies = received.map(({ body }) => body).toSorted((a, b) => a.type < b.type ? -1 : 1);
  assertEquals(bodies, [
    { type: "account.created", timestamp, data },
    {
      type: "session.created",
      timestamp,
      data: { ...data, session_id: session.id, device: { name: "Living room" } },
    },
  ]);
  const ids = received.map(({ headers }) => headers.get("webhook-id"));
  assertEquals(ids.toSorted(), events.map(({ id }) => id).toSorted());
  for (const one of received) {
    assertEquals(one.headers.get("content-type"), "application/json");
    assertEquals(Number(one.headers.get("webhook-timestamp")), Math.floor(service.clock.now() / 1000));
    assertEquals(SECRETS.map((secret) => verify(one, secret)), [true, true]);
    assertEquals(verify({ ...one, text: `${one.text} ` }, SECRETS[0] ?? ""), false);
    assertEquals(one.headers.get("webhook-signature")?.split(" ").length, 2);
  }
  assertEquals([(await service.stored()).webhook, hooked.logged("webhook_sent").length], [undefined, 2]);
  await checkInvariants(service.kv, service.services.keyring);
});

Deno.test("200 events of one account that hang hold up neither another account nor a mail", async () => {
  await using hooked = await openHooked({ env: { PASSWORD_NUDGE_AFTER_HOURS: "1" } });
  const { service, received } = hooked;
  const { account, session_token: token } = await service.signedIn("mork.1");
  await service.services.background.idle();
  hooked.answer = ({ body }) => body.data.account_id === account.id ? "hangs" : new Response();
  for (let i = 0; i < 200; i++) {
    await service.send("PATCH", "/v1/account", { name: `Name ${i}` }, { token });
  }
  await hooked.tried(4);
  const other = await service.signedIn("new.1");
  await hooked.tried(6);
  const told = received.filter(({ body }) => body.data.account_id === other.account.id);
  assertEquals(told.map(({ body }) => body.type).toSorted(), ["account.created", "session.created"]);
  const email = { email: account.email };
  await service.send("POST", "/v1/password-resets", email);
  await service.clock.advance(4000);
  while (service.mails.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(received.length, 6, "Two events of an account at once");
  hooked.answer = status(200);
  await service.clock.advance(10_000);
  await service.services.background.idle();
  await hooked.advance(2 * 60_000);
  assertEquals((await service.stored()).webhook, undefined);
});

Deno.test("each due webhook is sent by one of two instances", async () => {
  await using one = await openHooked();
  const { kv, simulator } = one.service;
  await using other = await openHooked({ kv, simulator });
  one.answer = status(503);
  for (let i = 0; i < 20; i++) await one.service.signedIn(`new.${i}`);
  await one.service.services.background.idle();
  const before = one.received.length;
  one.answer = status(200);
  await other.service.clock.advance(60_000);
  await one.service.clock.advance(60_000);
  await Promise.all([one, other].map(({ service }) => service.runDueTasks()));
  const sent = [...one.received.slice(before), ...other.received].map(({ headers }) =>
    headers.get("webhook-id")
  );
  assertEquals([sent.length, new Set(sent).size], [40, 40]);
});

Deno.test("the deletion of an account reaches the back end, and leaves nothing behind", async () => {
  await using hooked = await openHooked();
  const { service, received } = hooked;
  const { account, session_token: token } = await service.signedIn("mork.1");
  await service.services.background.idle();
  hooked.answer = status(500);
  assertEquals((await deleteAccount(service, token)).status, 204);
  await service.runDueTasks();
  hooked.answer = status(200);
  await hooked.advance(60_000);
  assertEquals(received.at(-1)?.body.type, "account.deleted");
  assertEquals(received.at(-1)?.body.data, { account_id: account.id });
  assertEquals(await service.stored(), {});
});

Deno.test("a commit that fails sends nothing, and a commit that took effect unseen sends once", async () => {
  const commits = new CommitControl();
  await using hooked = await openHooked({ wrapKv: commits.wrap });
  const { service, received } = hooked;
  const { session_token: token } = await service.signedIn("mork.1");
  await service.services.background.idle();
  const before = received.length;
  const patch = (name: string) => service.answerOf(service.send("PATCH", "/v1/account", { name }, { token }));
  commits.break("fails", { kind: "account" });
  assertEquals((await patch("A")).status, 503);
  commits.break("takes effect and conflicts", { kind: "account", times: 1 });
  assertEquals((await patch("B")).status, 200);
  commits.mend();
  await service.runDueTasks();
  assertEquals(received.slice(before).map(({ body }) => body.type), ["account.updated"]);
});

Deno.test("a webhook that waits is sealed, and its log lines name no account", async () => {
  await using hooked = await openHooked();
  const { service } = hooked;
  hooked.answer = status(500);
  const { account } = await service.signedIn("mork.1", { device: { name: "canary-device" } });
  await service.services.background.idle();
  const waiting = await Array.fromAsync(service.kv.list({ prefix: ["webhook"] }));
  assertEquals(waiting.length, 2);
  assert(waiting.every(({ value }) => value instanceof Uint8Array));
  const lines = JSON.stringify(service.log);
  assert(!lines.includes(account.id) && !lines.includes("canary-device") && !lines.includes("hooks.test"));
});

Deno.test("without WEBHOOK_URL no webhook is written, and those that wait are given up", async () => {
  await using hooked = await openHooked();
  hooked.answer = status(500);
  await hooked.service.signedIn("mork.1");
  await hooked.service.services.background.idle();
  const { kv, simulator } = hooked.service;
  await using off = await TestService.open({ kv, simulator });
  await off.signedIn("mork.2");
  assertEquals((await off.stored()).webhook, 2);
  await off.clock.advance(60_000);
  await off.runDueTasks();
  const delayed = off.log.filter(({ message }) => message === "webhook_delayed");
  assertEquals(delayed.map(({ detail }) => detail), ["No WEBHOOK_URL is set", "No WEBHOOK_URL is set"]);
});

Deno.test("a webhook is written in the commit of its event", async () => {
  const commits: string[][] = [];
  await using hooked = await openHooked({
    wrapKv: (kv) =>
      wrapKv(kv, {
        commit({ mutations }, perform) {
          commits.push(mutations.map(({ type, key }) => `${type} ${String(key[0])}`));
          return perform();
        },
      }),
  });
  await hooked.service.signedIn("mork.1");
  const [signIn = []] = commits.filter((kinds) => kinds.includes("set account"));
  assertEquals(signIn.filter((kind) => kind === "set webhook").length, 2);
  assertEquals(signIn.filter((kind) => kind === "set session").length, 2, "The session, and its events");
});
