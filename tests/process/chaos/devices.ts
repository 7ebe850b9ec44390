/**
 * Devices in front of real processes: they come at a steady rate, and do as they are told.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseConfig } from "../../../lib/config/config.ts";
import { Keyring } from "../../../lib/kv/keyring.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { pause, signIn, type TestBed } from "../../support/service_process.ts";

/** What a device has come to. */
interface Story {
  /** Milliseconds from its coming until it was signed in; undefined while it is not. */
  took?: number;
  token?: string;
  codes: number;
  answers: number;
}

/** Devices that come until they are stopped. */
export class Devices {
  readonly #urls: () => readonly string[];
  readonly #stories: Story[] = [];
  readonly #playing = new Set<Promise<void>>();
  readonly #run = crypto.randomUUID().slice(0, 8);
  #coming = true;
  readonly #stream: Promise<void>;

  /** Lets devices come, each to one of the processes whose URLs `urls` returns. */
  constructor(urls: () => readonly string[], perSecond: number) {
    this.#urls = urls;
    this.#stream = this.#come(1000 / perSecond);
  }

  /** Waits until everybody who is outside now is signed in. Returns the milliseconds. */
  async untilIn(mostMs: number): Promise<number> {
    const start = performance.now();
    const waiting = this.#stories.filter(({ took }) => took === undefined);
    while (waiting.some(({ took }) => took === undefined)) {
      const left = waiting.filter(({ took }) => took === undefined).length;
      const waited = performance.now() - start;
      assert(waited < mostMs, `${left} of ${waiting.length} are outside after ${mostMs} ms`);
      await pause(20);
    }
    return Math.round(performance.now() - start);
  }

  /** Lets nobody come any more, waits for those who are on their way, and checks that nothing is lost. */
  async end(bed: TestBed, kvPath: string): Promise<string> {
    this.#coming = false;
    await this.#stream;
    await this.untilIn(20_000);
    await Promise.all(this.#playing);
    const tokens = this.#stories.map(({ token }) => token);
    const statuses = await Promise.all(tokens.map(async (token, i) => {
      await pause(i * 5);
      const headers = { authorization: `Bearer ${token}` };
      for (;;) {
        const response = await fetch(`${this.#urls()[0]}/v1/sessions/current`, { headers });
        await response.body?.cancel();
        if (response.status !== 503) return response.status;
        await pause(1000);
      }
    }));
    assertEquals(statuses.filter((status) => status !== 200), [], "A session that was given is lost");
    using kv = await Deno.openKv(kvPath);
    const { accounts } = await checkInvariants(kv, new Keyring(parseConfig(bed.env).dataKeys));
    assertEquals(accounts.size, this.#stories.length, "Each device is one customer");
    const times = this.#stories.map(({ took = 0 }) => took).toSorted((a, b) => a - b);
    const newCodes = this.#stories.filter(({ codes }) => codes > 1).length;
    const median = Math.round(times[Math.floor(times.length / 2)] ?? 0);
    return `${times.length} devices, median ${median} ms, slowest ${Math.round(times.at(-1) ?? 0)} ms, ` +
      `${newCodes} needed a new code`;
  }

  /** The devices that needed a further code. */
  get newCodes(): number {
    return this.#stories.filter(({ codes }) => codes > 1).length;
  }

  async #come(everyMs: number): Promise<void> {
    const start = performance.now();
    for (let i = 0; this.#coming; i++) {
      await pause(Math.max(0, start + i * everyMs - performance.now()));
      const story: Story = { codes: 0, answers: 0 };
      this.#stories.push(story);
      const playing = this.#play(story, i).finally(() => this.#playing.delete(playing));
      this.#playing.add(playing);
    }
  }

  async #play(story: Story, number: number): Promise<void> {
    const came = performance.now();
    for (let request = this.#newRequest(story, number);;) {
      const urls = this.#urls();
      const url = urls[Math.floor(Math.random() * urls.length)] ?? "";
      const answer = await signIn(url, { ...request, signal: AbortSignal.timeout(15_000) }).catch(() => null);
      story.answers++;
      const { session_token, next, code } = answer?.body ?? {};
      if (session_token !== undefined) {
        story.took = performance.now() - came;
        story.token = session_token;
        return;
      }
      if (next === "new_code") request = this.#newRequest(story, number);
      else assert(answer === null || next === "retry", `A device is told ${code}`);
      const retryAfter = Number(answer?.headers.get("retry-after") ?? 1) || 1;
      await pause(retryAfter * 1000 + (answer === null ? Math.random() * 1000 : 0));
    }
  }

  #newRequest(story: Story, number: number): { readonly code: string; readonly key: string } {
    story.codes++;
    return {
      code: `new~token-delay-0*${story.codes}.${this.#run}-${number}`,
      key: crypto.randomUUID(),
    };
  }
}
