/** More connections and unread responses than the process can have: it sheds them, and serves on. */
import { assert, assertEquals } from "@std/assert";
import { type ClientHttp2Session, connect as connectByHttp2 } from "node:http2";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, pause, ServiceProcess, signIn, until } from "../support/service_process.ts";

/** What a connection has sent when it stops: nothing, half a header, or a whole request. */
const SENT = ["", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Ha", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"];

/** Amazon gets so much time that a busy machine cuts no call. */
const PATIENT = { AMAZON_TIMEOUT_MS: "60000", AMAZON_DEADLINE_MS: "120000" };

Deno.test(
  "main.ts at its limit of open files closes idle connections, finishes its requests, and serves again",
  { ignore: !MAY_RUN || Deno.build.os !== "linux" },
  async () => {
    await using bed = await openTestBed();
    const wrapper = ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"];
    await using service = await ServiceProcess.start({ env: { ...bed.env, ...PATIENT }, wrapper });
    const { hostname, port } = new URL(service.url);
    const slow = signIn(service.url, { code: "new~token-delay-2000.1" });
    await until(() => bed.simulator.requests.length === 1);

    for (let round = 0; round < 2; round++) {
      const before = count(service, "accept_failed");
      let closed = 0;
      const idle: Deno.Conn[] = [];
      while (count(service, "accept_failed") === before) {
        const connection = await Deno.connect({ hostname, port: Number(port) }).catch(() => null);
        if (connection === null) break;
        idle.push(connection);
        const sent = SENT[idle.length % SENT.length] ?? "";
        // The service may close the connection at any moment.
        connection.write(new TextEncoder().encode(sent)).catch(() => {});
        readToEnd(connection).then(() => closed++);
        assert(idle.length < 300, "The limit was not reached");
      }
      await until(() => count(service, "listening") === before + 2);
      await until(() => closed === idle.length);
      const health = await fetch(`${service.url}/healthz`);
      assertEquals(await health.json(), { status: "ok" });
      for (const connection of idle) connection.close();
    }
    assertEquals((await slow).status, 201);
    service.kill("SIGTERM");
    assertEquals((await service.status).code, 0);
    assertEquals(await service.errors, "");
  },
);

Deno.test(
  "main.ts stays small and serves on while clients of HTTP/2 ask for the docs and take nothing",
  { ignore: !MAY_RUN || Deno.build.os !== "linux" },
  async () => {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start({ env: { ...bed.env, ...PATIENT } });
    await (await fetch(`${service.url}/docs`)).body?.cancel();
    const slow = signIn(service.url, { code: "new~token-delay-1500.1" });
    const sessions: ClientHttp2Session[] = [];
    const memory: number[] = [];
    for (let i = 0; i < 60; i++) {
      const session = connectByHttp2(service.url, { settings: { initialWindowSize: 0 } });
      session.on("error", () => {});
      sessions.push(session);
      for (let j = 0; j < 150; j++) {
        const request = session.request({ ":path": j % 2 ? "/docs" : "/openapi.json" });
        request.on("error", () => {});
        request.end();
      }
      await pause(20);
      memory.push(await residentMegabytes(service.pid));
    }

    assertEquals((await slow).status, 201);
    assert(count(service, "connections_shed") > 0);
    for (const session of sessions) session.destroy();
    await until(() => count(service, "listening") === count(service, "connections_shed") + 1);
    const ask = () => fetch(`${service.url}/healthz`).then((response) => response.json(), () => null);
    // Another server may just be taking the place of one that is shut down.
    let health = await ask();
    for (let i = 0; health === null && i < 100; i++) health = await pause(20).then(ask);
    assertEquals(health, { status: "ok" });
    assert(Math.max(...memory) < 400, `It takes ${Math.max(...memory)} MB`);
    assertEquals(service.lines.filter((line) => line.includes('"ERROR"')), []);
  },
);

async function residentMegabytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

function count(service: ServiceProcess, event: string): number {
  return service.lines.filter((line) => line.includes(`"${event}"`)).length;
}

async function readToEnd(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    while (await connection.read(buffer) !== null) await pause(0);
  } catch { /* The connection was reset. */ }
}
