/**
 * More devices than the service can take while Amazon is slow: what is too much is turned away at once, the rest is
 * served, and afterwards all is as before.
 */
import { assert, assertEquals } from "@std/assert";
import { MAY_RUN } from "./running.ts";
import { type Answered, ask, environmentOf, pause, serveAmazon, Service } from "./service.ts";

const MOST_IN_FLIGHT = 256;
const AMAZON_TAKES_MS = 5000;
const DEVICES_A_SECOND = 500;
const SECONDS = 3;

Deno.test(
  "a service under more load than it can take sheds it and recovers",
  { ignore: !MAY_RUN || Deno.build.os !== "linux" },
  async () => {
    await using amazon = await serveAmazon();
    await using service = await Service.start({
      env: {
        ...environmentOf(amazon, ":memory:"),
        MAX_SIGN_INS_IN_FLIGHT: String(MOST_IN_FLIGHT),
        AMAZON_TIMEOUT_MS: "8000",
        AMAZON_DEADLINE_MS: "9000",
      },
    });
    const asks: Promise<Answered & { readonly ms: number }>[] = [];
    const health: number[] = [];
    const memory: number[] = [];
    const start = performance.now();
    for (let tick = 0; tick < SECONDS * 20; tick++) {
      for (let i = 0; i < DEVICES_A_SECOND / 20; i++) {
        asks.push(
          timed(() => ask(service.url, { code: `new~token-delay-${AMAZON_TAKES_MS}.${asks.length}` })),
        );
      }
      if (tick % 5 === 0) health.push((await timed(() => getHealth(service.url))).ms);
      if (tick % 10 === 0) memory.push(await residentMegabytes(service.pid));
      await pause(Math.max(0, start + (tick + 1) * 50 - performance.now()));
    }
    const answers = await Promise.all(asks);
    memory.push(await residentMegabytes(service.pid));

    const shed = answers.filter(({ status }) => status === 503);
    const served = answers.filter(({ status }) => status === 201);
    assertEquals([served.length, shed.length], [MOST_IN_FLIGHT, answers.length - MOST_IN_FLIGHT]);
    for (const { body, headers } of shed) {
      assertEquals([body.code, body.next, headers.get("retry-after")], [
        "upstream_unavailable",
        "retry",
        "2",
      ]);
    }
    assertEquals(amazon.simulator.requests.length, 2 * MOST_IN_FLIGHT);
    assert(percentile(shed.map(({ ms }) => ms), 99) < 1000, "Turned away late");
    assert(Math.max(...health) < 1000, "Does not answer /healthz");
    assert(Math.max(...memory) < 400, `Takes ${Math.max(...memory)} MB`);

    const after = await timed(() => ask(service.url, { code: "new.after" }));
    assertEquals(after.status, 201);
    assert(after.ms < 1000);
  },
);

async function timed<T extends object>(work: () => Promise<T>): Promise<T & { readonly ms: number }> {
  const start = performance.now();
  return { ...await work(), ms: performance.now() - start };
}

async function getHealth(url: string): Promise<{ status: number }> {
  const response = await fetch(`${url}/healthz`);
  assertEquals([response.status, await response.json()], [200, { status: "ok" }]);
  return { status: response.status };
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * percent / 100) - 1] ?? 0;
}
