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

/** Milliseconds between two looks at the readiness of a process. */
const LOOK_EVERY_MS = 250;

/** What a device has come to. */
interface Story {
  /** Milliseconds from its coming until it was signed in; undefined while it is not. */
  took?: number;
  token?: string;
  codes: number;
  answers: number;
}

/** Devices that come until they are stopped. A balancer sends them to processes that are ready. */
export class Devices implements AsyncDisposable {
  /** What was wrong with each request that got no answer. */
  readonly unanswered: string[] = [];
  readonly #urls: () => readonly string[];
  #ready: readonly string[];
  /** A TV keeps no connection. One that is kept would be used again, and a request on it sent twice unseen. */
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  readonly #stories: Story[] = [];
  readonly #playing = new Set<Promise<void>>();
  readonly #run = crypto.randomUUID().slice(0, 8);
  #coming = true;
  readonly #stream: Promise<void>;
  readonly #looking: Promise<void>;

  /** Lets devices come, each to one of the processes whose URLs `urls` returns. */
  constructor(urls: () => readonly string[], perSecond: number) {
    this.#urls = urls;
    this.#ready = urls();
    this.#looking = this.#look();
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
  async end(bed: TestBed, kvPath: string, others = 0): Promise<string> {
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
    assertEquals(accounts.size, this.#stories.length + others, "Each device is one customer");
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

  /** Lets nobody come any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#coming = false;
    await Promise.all([this.#stream, this.#looking]);
    this.#client.close();
  }

  /** Looks which processes are ready, as a balancer does. When none is, it sends the devices to any. */
  async #look(): Promise<void> {
    while (this.#coming) {
      const urls = this.#urls();
      const ready = await Promise.all(urls.map(async (url) => {
        const signal = AbortSignal.timeout(LOOK_EVERY_MS * 4);
        const answer = await fetch(`${url}/readyz`, { client: this.#client, signal }).catch(() => null);
        await answer?.body?.cancel();
        return answer?.ok === true;
      }));
      this.#ready = urls.filter((_, i) => ready[i]);
      await pause(LOOK_EVERY_MS);
    }
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
      const urls = this.#ready.length > 0 ? this.#ready : this.#urls();
      const url = urls[Math.floor(Math.random() * urls.length)] ?? "";
      const options = { signal: AbortSignal.timeout(15_000), client: this.#client };
      const answer = await signIn(url, { ...request, ...options }).catch((error) => {
        this.unanswered.push(String(error.cause ?? error));
        return null;
      });
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
