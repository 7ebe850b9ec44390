/** The machine of one process on a file is busy with something else for some seconds. */
import { assert } from "@std/assert";
import { pause, signIn } from "../../support/service_process.ts";
import { onFile, play, rate } from "./stage.ts";
import { usageOf } from "./usage.ts";

const BUSY_MS = 6000;
const LOOPS = 4;
const CHECKS_PER_SECOND = 200;
const MOST_DESCRIPTORS = 1000;

/** Checks a token at a steady rate, as TVs that play. */
class Checks {
  #times: number[] = [];
  #going = true;
  readonly #ended: Promise<void>;

  constructor(url: string, token: string, perSecond: number) {
    this.#ended = this.#go(url, token, perSecond);
  }

  /** The median of the milliseconds since the last call, with the number of checks. */
  take(): string {
    const times = this.#times.toSorted((a, b) => a - b);
    this.#times = [];
    return `${Math.round(times[times.length >> 1] ?? 0)} ms at p50 of ${times.length}`;
  }

  async end(): Promise<void> {
    this.#going = false;
    await this.#ended;
  }

  async #go(url: string, token: string, perSecond: number): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    const start = performance.now();
    for (let i = 0; this.#going; i++) {
      await pause(Math.max(0, start + i * 1000 / perSecond - performance.now()));
      const sent = performance.now();
      fetch(`${url}/v1/sessions/current`, { headers }).then(async (answer) => {
        await answer.body?.cancel();
        this.#times.push(performance.now() - sent);
      }, () => {});
    }
  }
}

onFile(`the machine is busy for ${BUSY_MS / 1000} s with ${LOOPS} loops`, async (name, place) => {
  let checks: Checks | undefined;
  await play(name, place, async ({ services: [service] }) => {
    assert(service !== undefined);
    const { session_token } = (await signIn(service.url, { code: "new.1", key: crypto.randomUUID() })).body;
    checks = new Checks(service.url, session_token, rate(CHECKS_PER_SECOND));
    await pause(2000);
    const before = checks.take();
    const loops = Array.from(
      { length: LOOPS },
      () => new Deno.Command("/bin/sh", { args: ["-c", "while :; do :; done"] }).spawn(),
    );
    await pause(BUSY_MS);
    for (const loop of loops) loop.kill("SIGKILL");
    await Promise.all(loops.map(({ status }) => status));
    const busy = checks.take();
    const { descriptors, memoryMb } = await usageOf(service.pid);
    console.log(
      `${name}: checks took ${before}; ${busy} while it was busy; ${descriptors} descriptors, ${memoryMb} MB`,
    );
    assert(descriptors < MOST_DESCRIPTORS);
  }, { perSecond: 50, accounts: 1 }).finally(() => checks?.end());
});
