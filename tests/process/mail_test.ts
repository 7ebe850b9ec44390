/** Mails of `main.ts` as a real process: sent by the cron job, after a SIGKILL, and during a stop. */
import { assertEquals } from "@std/assert";
import { LEASE_MS } from "../../lib/outbox/delivery.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { serveApi } from "../support/mail_servers.ts";
import { openTestBed, ServiceProcess, signIn, type TestBed, until } from "../support/service_process.ts";

const ignore = !MAY_RUN;
const HOUR = 3_600_000;

Deno.test({
  name: "main.ts does the tasks that are due every minute, and its cron job ends when they are done",
  ignore,
  async fn() {
    await using bed = await openMailBed();
    await using api = serveApi();
    await using service = await start(bed, api.url, HOUR);
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
    name:
      `main.ts that is killed while it sends a mail that is ${outcome} sends it again, with the same Message-ID`,
    ignore,
    async fn() {
      await using bed = await openMailBed();
      const keys = [];
      const messageIds = [];
      {
        await using api = serveApi({ hold: { taken, until: new Promise(() => {}) } });
        await using service = await start(bed, api.url, HOUR);
        service.kill("SIGUSR1");
        await until(() => api.keys.length > 0 && api.arrived.length >= Number(taken));
        service.kill("SIGKILL");
        await service.status;
        keys.push(...api.keys);
        messageIds.push(...api.arrived.map(({ messageId }) => messageId));
      }
      await using api = serveApi();
      for (const ahead of [HOUR, HOUR + 2 * LEASE_MS, HOUR + 100 * LEASE_MS]) {
        await using service = await start(bed, api.url, ahead);
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
  name: "main.ts waits before it stops for the mail that it is sending",
  ignore,
  async fn() {
    await using bed = await openMailBed();
    const { promise, resolve } = Promise.withResolvers<void>();
    await using api = serveApi({ hold: { taken: true, until: promise } });
    await using service = await start(bed, api.url, HOUR);
    service.kill("SIGUSR1");
    await until(() => api.arrived.length > 0);
    service.kill("SIGTERM");
    await service.line(/"stopping"/);
    resolve();
    assertEquals((await service.status).code, 0);
    const events = service.lines.map((line) => JSON.parse(line).message).filter(Boolean);
    assertEquals(events.slice(-3), ["stopping", "mail_sent", "stopped"]);
  },
});

/** Opens a test bed whose one customer gets a mail an hour later: it asks for a password. */
async function openMailBed(): Promise<TestBed> {
  const bed = await openTestBed({ PASSWORD_NUDGE_AFTER_HOURS: "1" });
  await using api = serveApi();
  await using service = await start(bed, api.url, 0);
  assertEquals((await signIn(service.url, { code: "mork.1" })).status, 201);
  service.kill("SIGTERM");
  await service.status;
  return bed;
}

/** Starts `main.ts` with a clock that is ahead by `aheadMs`. Its cron job runs at each SIGUSR1. */
function start({ env }: TestBed, mailUrl: string, aheadMs: number): Promise<ServiceProcess> {
  return ServiceProcess.start({
    preload: "tests/process/cron_on_signal.ts",
    env: {
      ...env,
      MAIL_URL: mailUrl,
      MAIL_FROM: "Oneclick <hello@oneclick.example>",
      CLOCK_AHEAD_MS: String(aheadMs),
    },
  });
}
