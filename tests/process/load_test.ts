/**
 * More devices sign in than the service takes while Amazon is slow. The service refuses the surplus at once, serves
 * the rest, and recovers.
 */
import { assert, assertEquals } from "@std/assert";
import { MAY_RUN } from "../support/child_process.ts";
import { type Answer, openTestBed, pause, ServiceProcess, signIn } from "../support/service_process.ts";

const MOST_IN_FLIGHT = 256;
const AMAZON_TAKES_MS = 5000;
const DEVICES_A_SECOND = 500;
const SECONDS = 3;

Deno.test(
  "a service under more load than it can take sheds it and recovers",
  { ignore: !MAY_RUN || Deno.build.os !== "linux" },
  async () => {
    await using bed = await openTestBed({
      KV_PATH: ":memory:",
      MAX_SIGN_INS_IN_FLIGHT: String(MOST_IN_FLIGHT),
      AMAZON_TIMEOUT_MS: "8000",
      AMAZON_DEADLINE_MS: "9000",
    });
    await using service = await ServiceProcess.start(bed);
    const signIns: Promise<Answer & { readonly ms: number }>[] = [];
    const health: number[] = [];
    const memory: number[] = [];
    const start = performance.now();
    for (let tick = 0; tick < SECONDS * 20; tick++) {
      for (let i = 0; i < DEVICES_A_SECOND / 20; i++) {
        const code = `new~token-delay-${AMAZON_TAKES_MS}.${signIns.length}`;
        signIns.push(timed(() => signIn(service.url, { code })));
      }
      if (tick % 5 === 0) health.push((await timed(() => getHealth(service.url))).ms);
      if (tick % 10 === 0) memory.push(await residentMegabytes(service.pid));
      await pause(Math.max(0, start + (tick + 1) * 50 - performance.now()));
    }
    const answers = await Promise.all(signIns);
    memory.push(await residentMegabytes(service.pid));

    const shed = answers.filter(({ status }) => status === 503);
    const served = answers.filter(({ status }) => status === 201);
    assertEquals([served.length, shed.length], [MOST_IN_FLIGHT, answers.length - MOST_IN_FLIGHT]);
    for (const { body, headers } of shed) {
      assertEquals([body.code, body.next], ["overloaded", "retry"]);
      const seconds = Number(headers.get("retry-after"));
      assert(Number.isInteger(seconds) && seconds >= 1 && seconds <= 15, `Retry-After: ${seconds}`);
    }
    assertEquals(bed.simulator.requests.length, 2 * MOST_IN_FLIGHT);
    assert(percentile(shed.map(({ ms }) => ms), 99) < AMAZON_TAKES_MS, "Refused late");
    assert(Math.max(...health) < AMAZON_TAKES_MS, "Answers /healthz late");
    assert(Math.max(...memory) < 400, `Takes ${Math.max(...memory)} MB`);

    const after = await timed(() => signIn(service.url, { code: "new.after" }));
    assertEquals(after.status, 201);
    assert(after.ms < AMAZON_TAKES_MS);
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
