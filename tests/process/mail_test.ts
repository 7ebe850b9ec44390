/** Mails of `main.ts` as a real process: by its cron, through a SIGKILL and through a stop. */
import { assertEquals } from "@std/assert";
import { LEASE_MS } from "../../lib/outbox/delivery.ts";
import { serveApi } from "./mail_servers.ts";
import { MAY_RUN, Running } from "./running.ts";
import { environmentOf, pause, serveAmazon } from "./service.ts";

const ignore = !MAY_RUN;
const HOUR = 3_600_000;

Deno.test({
  name: "main.ts does what is due every minute, and its cron runs until that is done",
  ignore,
  async fn() {
    await using place = await openPlace();
    await using api = serveApi();
    await using service = await start(place, api.url, HOUR);
    assertEquals(service.lines.filter((line) => line.includes('"schedule"')), [
      '{"cron":"due tasks","schedule":"* * * * *"}',
    ]);
    assertEquals(service.lines.filter((line) => line.includes("mail_off")), []);
    service.kill("SIGUSR1");
    await service.line(/"ended":true/);
    assertEquals(api.arrived.map(({ subject }) => subject), ["Choose a password for Oneclick"]);
    service.kill("SIGUSR1");
    await service.line(/mail_sent/);
    assertEquals(api.keys.length, 1);
  },
});

for (const [taken, outcome] of [[false, "not taken"], [true, "taken"]] as const) {
  Deno.test({
    name: `main.ts killed while a mail is out and ${outcome} sends it once more, with the same Message-ID`,
    ignore,
    async fn() {
      await using place = await openPlace();
      const keys = [];
      const messageIds = [];
      {
        await using api = serveApi({ hold: { taken, until: new Promise(() => {}) } });
        await using service = await start(place, api.url, HOUR);
        service.kill("SIGUSR1");
        while (api.keys.length === 0 || api.arrived.length < Number(taken)) await pause(5);
        service.kill("SIGKILL");
        await service.status;
        keys.push(...api.keys);
        messageIds.push(...api.arrived.map(({ messageId }) => messageId));
      }
      await using api = serveApi();
      for (const ahead of [HOUR, HOUR + 2 * LEASE_MS, HOUR + 100 * LEASE_MS]) {
        await using service = await start(place, api.url, ahead);
        service.kill("SIGUSR1");
        await service.line(/"ended":true/);
        assertEquals(api.keys.length, ahead === HOUR ? 0 : 1);
      }
      keys.push(...api.keys);
      messageIds.push(...api.arrived.map(({ messageId }) => messageId));
      assertEquals([keys.length, new Set(keys).size], [2, 1]);
      assertEquals([messageIds.length, new Set(messageIds).size], [taken ? 2 : 1, 1]);
    },
  });
}

Deno.test({
  name: "main.ts waits at its stop for the mail that is being sent",
  ignore,
  async fn() {
    await using place = await openPlace();
    const { promise, resolve } = Promise.withResolvers<void>();
    await using api = serveApi({ hold: { taken: true, until: promise } });
    await using service = await start(place, api.url, HOUR);
    service.kill("SIGUSR1");
    while (api.arrived.length === 0) await pause(5);
    service.kill("SIGTERM");
    await service.line(/"stopping"/);
    resolve();
    assertEquals((await service.status).code, 0);
    const events = service.lines.map((line) => JSON.parse(line).message).filter(Boolean);
    assertEquals(events.slice(-3), ["stopping", "mail_sent", "stopped"]);
  },
});

/** A database in which a one-click customer signed in: they are to be asked for a password an hour later. */
async function openPlace() {
  const folder = await Deno.makeTempDir({ prefix: "oneclick-mail-" });
  const amazon = await serveAmazon();
  const env = { ...environmentOf(amazon, `${folder}/kv.sqlite3`), PASSWORD_NUDGE_AFTER_HOURS: "1" } as Record<
    string,
    string
  >;
  const place = {
    env,
    async [Symbol.asyncDispose]() {
      await amazon[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
  await using api = serveApi();
  await using service = await start(place, api.url, 0);
  const [, url] = await service.line(/"url":"(http:[^"]+)"/);
  const response = await fetch(`${url}/v1/sessions/amazon`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: "mork.1" }),
  });
  assertEquals(response.status, 201);
  await response.body?.cancel();
  service.kill("SIGTERM");
  await service.status;
  return place;
}

async function start(
  { env }: { readonly env: Record<string, string> },
  mailUrl: string,
  aheadMs: number,
): Promise<Running> {
  const service = new Running(["--no-check", "--preload", "tests/process/minutes.ts", "main.ts"], {
    ...env,
    MAIL_URL: mailUrl,
    MAIL_FROM: "Oneclick <hello@oneclick.example>",
    CLOCK_AHEAD_MS: String(aheadMs),
  });
  await service.line(/"listening"/);
  return service;
}
