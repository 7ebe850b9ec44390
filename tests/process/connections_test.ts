/** More connections than the process may open files: it sheds the idle ones, and serves again on the same address. */
import { assert, assertEquals } from "@std/assert";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, pause, ServiceProcess, signIn, until } from "../support/service_process.ts";

/** What a connection has sent when it stops: nothing, half a header, or a whole request. */
const SENT = ["", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Ha", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"];

Deno.test(
  "main.ts at its limit of open files closes idle connections, finishes its requests, and serves again",
  { ignore: !MAY_RUN || Deno.build.os !== "linux" },
  async () => {
    await using bed = await openTestBed();
    const wrapper = ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"];
    await using service = await ServiceProcess.start({ ...bed, wrapper });
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

function count(service: ServiceProcess, event: string): number {
  return service.lines.filter((line) => line.includes(`"${event}"`)).length;
}

async function readToEnd(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    while (await connection.read(buffer) !== null) await pause(0);
  } catch { /* The connection was reset. */ }
}
