/** Webhooks of `main.ts` as a real process: none is lost when the process is killed with SIGKILL. */
import { assert, assertEquals } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { LEASE_MS } from "../../lib/outbox/delivery.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess, signIn, type TestBed, until } from "../support/service_process.ts";

const ignore = !MAY_RUN;
const SECRET = `whsec_${btoa("kept by the receiver".padEnd(32, "."))}`;

interface Receiver extends AsyncDisposable {
  readonly url: string;
  /** The ids of the webhooks that came, in the order of their tries. */
  readonly ids: string[];
  readonly types: string[];
}

/** A receiver that verifies what comes. It answers 204, after `hold`. */
function receive(hold: Promise<void> = Promise.resolve()): Receiver {
  const ids: string[] = [];
  const types: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const text = await request.text();
    const headers = Object.fromEntries(request.headers);
    ids.push(String(headers["webhook-id"]));
    types.push(JSON.parse(text).type);
    await hold;
    return new Response(null, { status: 204 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/hook`,
    ids,
    types,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function start({ env }: TestBed, url: string, aheadMs: number): Promise<ServiceProcess> {
  return ServiceProcess.start({
    preload: "tests/process/cron_on_signal.ts",
    env: { ...env, WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET, CLOCK_AHEAD_MS: String(aheadMs) },
  });
}

Deno.test({
  name: "main.ts posts an event right after its request, signed for the package standardwebhooks",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    const verified: unknown[] = [];
    await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      verified.push(new Webhook(SECRET).verify(await request.text(), Object.fromEntries(request.headers)));
      return new Response();
    });
    await using service = await start(bed, `http://127.0.0.1:${server.addr.port}/`, 0);
    assertEquals((await signIn(service.url, { code: "mork.1" })).status, 201);
    await until(() => verified.length === 2);
    const types = verified.map((event) => (event as { type: string }).type);
    assertEquals(types.toSorted(), ["account.created", "session.created"]);
  },
});

for (const when of ["while it sends", "right after its answer"] as const) {
  Deno.test({
    name: `main.ts that is killed ${when} sends the webhooks when it is started again, with the same ids`,
    ignore,
    async fn() {
      await using bed = await openTestBed();
      const before: string[] = [];
      {
        const { promise, resolve } = Promise.withResolvers<void>();
        await using receiver = receive(promise);
        await using service = await start(bed, receiver.url, 0);
        assertEquals((await signIn(service.url, { code: "mork.1" })).status, 201);
        if (when === "while it sends") await until(() => receiver.ids.length === 2);
        service.kill("SIGKILL");
        await service.status;
        before.push(...receiver.ids);
        resolve();
      }
      await using receiver = receive();
      await using service = await start(bed, receiver.url, 2 * LEASE_MS);
      service.kill("SIGUSR1");
      await service.line(/"ended":true/);
      assertEquals(receiver.types.toSorted(), ["account.created", "session.created"]);
      for (const id of before) assert(receiver.ids.includes(id));
      service.kill("SIGUSR1");
      await service.line(/"ended":true/);
      assertEquals(receiver.ids.length, 2);
    },
  });
}
