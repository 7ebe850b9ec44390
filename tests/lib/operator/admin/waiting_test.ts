import { assertEquals } from "@std/assert";
import { EMAIL, signedUp } from "../../../support/account_requests.ts";
import { MAY_USE_FILES, OperatedService } from "../../../support/operator.ts";
import { WEBHOOK_ENV } from "../../../support/webhooks.ts";

const ignore = !MAY_USE_FILES;

Deno.test(
  "admin mails shows what waits, makes it due, and drops it: mails and webhooks",
  { ignore },
  async () => {
    let down = true;
    const sent: string[] = [];
    await using operated = await OperatedService.open({
      env: WEBHOOK_ENV,
      wrapFetch: (fetch) => (input, init) => {
        const url = String(input);
        if (!/mail\.test|hooks\.test/.test(url)) return fetch(input, init);
        if (!down) sent.push(url);
        return down
          ? Promise.resolve(new Response(null, { status: 503 }))
          : Promise.resolve(Response.json({ id: "1" }));
      },
    });
    const { service } = operated;
    const run = () => service.runDueTasks();
    const { account } = await signedUp(service);
    assertEquals((await service.send("POST", "/v1/password-resets", { email: EMAIL })).status, 202);
    await service.send("POST", "/v1/password-resets", { email: "nobody@example.com" });
    await run();
    const { waiting } = await operated.admin("mails");
    const kinds = waiting.map(({ kind }: { kind: string }) => kind).toSorted();
    assertEquals(kinds, ["password_reset", "webhook", "webhook"]);
    for (const { id, tries, due_at, detail } of waiting) {
      assertEquals([typeof id, tries, new Date(due_at).toISOString(), typeof detail], [
        "string",
        1,
        due_at,
        "string",
      ]);
    }
    const mail = waiting.find(({ kind }: { kind: string }) => kind === "password_reset");
    const [hook, another] = waiting.filter(({ kind }: { kind: string }) => kind === "webhook");
    assertEquals((await operated.admin(`show ${account.id}`)).mails, [mail]);
    assertEquals((await operated.admin("stats")).waiting, 3);

    assertEquals(await operated.admin(`mails drop ${another.id}`), { dropped: another.id });
    for (const id of [mail.id, hook.id]) {
      const { waiting: [retried] } = await operated.admin(`mails retry ${id}`);
      assertEquals([retried.id, retried.tries], [id, 1]);
    }
    down = false;
    await run();
    assertEquals(sent.map((url) => new URL(url).hostname).toSorted(), ["hooks.test", "mail.test"]);
    assertEquals((await operated.admin("mails")).waiting, []);
    for (const args of [`mails retry ${mail.id}`, "mails drop none"]) {
      assertEquals((await operated.admin(args, { code: 1 })).error.code, "not_found");
    }
  },
);
