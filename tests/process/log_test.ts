/** The log of `main.ts` when nobody reads it, and what a client can write into it. */
import { assert, assertEquals } from "@std/assert";
import { LOCKED, MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess } from "../support/service_process.ts";

const ignore = !MAY_RUN;

Deno.test({
  name: "main.ts serves on while nobody reads its log, and stops at a signal",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    const service = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", ...LOCKED, "main.ts"],
      env: bed.env,
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = service.stdout.getReader();
    let text = "";
    while (!text.includes('"listening"')) text += new TextDecoder().decode((await reader.read()).value);
    const [, url] = /"url":"([^"]+)"/.exec(text) ?? [];
    // A pipe holds 64 KiB: some 400 lines.
    for (let i = 0; i < 2000; i++) {
      const response = await fetch(`${url}/nothing`, { signal: AbortSignal.timeout(10_000) });
      assertEquals(response.status, 404);
      await response.body?.cancel();
    }
    service.kill("SIGTERM");
    assertEquals((await service.status).code, 0);
    await reader.cancel();
  },
});

Deno.test({
  name: "a client cannot make a line of the log long",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    await using service = await ServiceProcess.start(bed);
    const { hostname, port } = new URL(service.url);
    const long = "A".repeat(60_000);
    const requests = [
      `${long} /healthz HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET /${long} HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\nHost: ${long}\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\nHost: a\r\nUser-Agent: ${long}\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\nHost: a\r\n${long}: ${long}\r\n\r\n`,
    ];
    for (const request of requests) {
      using connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(new TextEncoder().encode(request));
      await connection.read(new Uint8Array(1000));
    }
    service.kill("SIGTERM");
    assertEquals((await service.status).code, 0);
    assert(service.lines.length >= 3);
    for (const line of service.lines) assert(line.length < 2000, `A line of ${line.length} characters`);
  },
});
