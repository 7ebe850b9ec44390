/**
 * A crowd of devices in front of several processes of the service, on one database of a fixed speed, in simulated time.
 * Each device does as it is told: it waits for `Retry-After` and sends the same request again, to any process. Nothing works
 * outside JavaScript, and all that is random comes from one seed: so the same crowd has the same fate each time.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { sleep } from "../../lib/base/clock.ts";
import { createLog } from "../../lib/base/log.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import { createSimulator } from "../../lib/dev/simulator/simulator.ts";
import { hashSecret, Keyring } from "../../lib/kv/keyring.ts";
import type { Services } from "../../lib/services.ts";
import { FakeClock } from "./fake_clock.ts";
import { checkInvariants } from "./invariants.ts";
import { openMemoryKv } from "./memory_kv.ts";
import { oneTurn } from "./outside_work.ts";
import { seeded, seedProcess } from "./seeded_random.ts";
import { ConnectionRefused, SimulatedProcess } from "./simulated_process.ts";
import { SlowAmazon } from "./slow_amazon.ts";
import { SlowKv, type Speed } from "./slow_kv.ts";

const config = parseConfig({
  ...devEnvironment("https://amazon.test", 8000),
  AMAZON_SIGN_INS_PER_MINUTE: "0",
});
/** One device in so many is a further one of a customer who has come before. */
const KNOWN_ONE_IN = 8;
/** One device in so many comes while the first one of its customer may still be on its way. */
const TWIN_ONE_IN = 60;

/** What a device has come to. */
export interface DeviceStory {
  /** When it came, in simulated milliseconds from the start. */
  readonly cameAt: number;
  /** The customer. */
  readonly customer: number;
  /** When it was signed in; undefined while it is not. */
  signedInAt?: number;
  /** Its session token, once it is signed in. */
  token?: string;
  /** The codes that it needed. */
  codes: number;
  /** The answers that it got, by status or code of the problem; `refused` when no process answered. */
  readonly answers: string[];
}

/** An answer of the service. */
export interface Told {
  /** When the device asked, in simulated milliseconds from the start. */
  readonly askedAt: number;
  /** How long the answer took, in milliseconds. */
  readonly ms: number;
  /** The status or the code of the problem. */
  readonly answer: string;
}

/** What a crowd is made of. */
export interface CrowdOptions {
  /** How fast the database is. */
  readonly speed: Speed;
  /** The number of processes. */
  readonly processes: number;
  /** The seed of all that is random: the choice of processes and the spread of retries. */
  readonly seed?: number;
  /** Changes the services of a process, to see what a test notices. */
  readonly sabotage?: (services: Services) => Services;
}

/** Devices, processes and their database. */
export class Crowd implements Disposable {
  /** The time of all of them. */
  readonly clock: FakeClock = new FakeClock({ settle: oneTurn });
  /** The database. */
  readonly server: SlowKv;
  /** The processes. */
  readonly processes: readonly SimulatedProcess[];
  /** Amazon. */
  readonly amazon: SlowAmazon;
  /** Every device that has come. */
  readonly devices: DeviceStory[] = [];
  /** Every answer. */
  readonly told: Told[] = [];
  /** The log lines of all processes. */
  readonly log: Record<string, unknown>[] = [];
  readonly #start: number;
  readonly #random: () => number;
  readonly #kv: Deno.Kv = openMemoryKv();
  readonly #seeded: Disposable;
  readonly #simulator = createSimulator({ clock: this.clock, clients: DEV_CLIENT_SECRETS });
  #codes = 0;

  /** Opens the processes on an empty database. One crowd may be open at a time. */
  constructor({ speed, processes, seed = 1, sabotage = (services) => services }: CrowdOptions) {
    this.#random = seeded(seed);
    this.#seeded = seedProcess(seed);
    this.#start = this.clock.now();
    const { clock } = this;
    const random = this.#random;
    this.server = new SlowKv(clock, speed, random);
    this.amazon = new SlowAmazon(clock, this.#simulator);
    const log = createLog({ level: "warning", clock, write: (line) => this.log.push(JSON.parse(line)) });
    const { fetch } = this.amazon;
    const surroundings = { config, clock, log, fetch, cores: 1, random };
    const options = { kv: this.#kv, server: this.server, surroundings, sabotage };
    this.processes = Array.from({ length: processes }, () => new SimulatedProcess(options));
  }

  /** The simulated milliseconds since the start. */
  get time(): number {
    return this.clock.now() - this.#start;
  }

  /** Lets devices come at a steady rate for some time. */
  async come(perSecond: number, ms: number): Promise<void> {
    const end = this.time + ms;
    for (let next = this.time; next < end; next += 1000 / perSecond) {
      await this.clock.advance(Math.max(0, Math.round(next) - this.time));
      const customer = this.#customer();
      const story: DeviceStory = { cameAt: this.time, customer, codes: 0, answers: [] };
      this.devices.push(story);
      this.#play(story);
    }
    await this.clock.advance(Math.max(0, end - this.time));
  }

  /** The devices that are not signed in yet. */
  get outside(): DeviceStory[] {
    return this.devices.filter(({ signedInAt }) => signedInAt === undefined);
  }

  /** Checks the token of a device, and returns the status. */
  async check({ token }: DeviceStory): Promise<number> {
    const request = new Request("http://localhost/v1/sessions/current", {
      headers: { authorization: `Bearer ${token}` },
    });
    const response = await this.#anyProcess().fetch(request);
    await response.body?.cancel();
    return response.status;
  }

  /** Lets time pass until some promises have settled. */
  async settle<T>(promises: readonly Promise<T>[]): Promise<T[]> {
    return (await this.clock.advanceUntil(Promise.all(promises))).value;
  }

  /**
   * Checks the whole database: every session that a device was given is there, and no customer has two accounts.
   *
   * @throws {AssertionError}
   */
  async assertKept(): Promise<void> {
    const keyring = new Keyring(config.dataKeys);
    const accountOf = new Map<number, string>();
    for (const { token, customer } of this.devices) {
      if (token === undefined) continue;
      const [, account, session, secret = ""] = /^ocs_(.{32})(.{32})(.*)$/.exec(token) ?? [];
      const key = ["session", `acc_${account}`, `ses_${session}`];
      const { value } = await this.#kv.get<Uint8Array<ArrayBuffer>>(key);
      assert(value !== null, "A session that was given is lost");
      assertEquals(JSON.parse(keyring.open(value, key.join("/"))).secret_hash, hashSecret(secret));
      assertEquals(accountOf.get(customer) ?? account, account, "A customer has two accounts");
      accountOf.set(customer, account ?? "");
    }
    await checkInvariants(this.#kv, keyring);
  }

  /** All that came of this crowd, as text: of each device, in the log, and in the database. */
  async story(): Promise<string> {
    const records = await Array.fromAsync(
      this.#kv.list({ prefix: [] }),
      ({ key, value }) => [key, value instanceof Uint8Array ? String.fromCharCode(...value) : value],
    );
    const { devices, told, log, server: { mostWaiting } } = this;
    return JSON.stringify({ devices, told, log, mostWaiting, records });
  }

  /** Closes the database. Ids are random again. */
  [Symbol.dispose](): void {
    this.#seeded[Symbol.dispose]();
    this.#kv.close();
  }

  #anyProcess(): SimulatedProcess {
    return this.processes[Math.floor(this.#random() * this.processes.length)]!;
  }

  #customer(): number {
    const draw = this.#random();
    const others = draw * TWIN_ONE_IN < 1
      ? this.devices
      : draw * KNOWN_ONE_IN < 1
      ? this.devices.filter(({ token }) => token !== undefined)
      : [];
    return others[Math.floor(this.#random() * others.length)]?.customer ?? this.devices.length;
  }

  /** Two codes of one customer differ in a fault that does nothing. */
  #newCode(story: DeviceStory): { readonly code: string; readonly key: string } {
    story.codes++;
    const number = ++this.#codes;
    return { code: `new~token-delay-0*${number}.${story.customer}`, key: crypto.randomUUID() };
  }

  async #play(story: DeviceStory): Promise<void> {
    for (let current = this.#newCode(story);;) {
      const askedAt = this.time;
      const answer = await this.#ask(current);
      const told = answer.body.code ?? String(answer.status);
      story.answers.push(told);
      this.told.push({ askedAt, ms: this.time - askedAt, answer: told });
      if (answer.body.session_token !== undefined) {
        story.signedInAt = this.time;
        story.token = answer.body.session_token;
        return;
      }
      if (answer.body.next === "new_code") current = this.#newCode(story);
      else if (answer.body.next !== "retry") throw new Error(`A device is told ${answer.body.code}`);
      await sleep(this.clock, answer.retryAfterMs);
    }
  }

  async #ask({ code, key }: { readonly code: string; readonly key: string }): Promise<Answer> {
    const request = new Request("http://localhost/v1/sessions/amazon", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify({ code }),
    });
    try {
      const response = await this.#anyProcess().fetch(request);
      const retryAfterMs = 1000 * (Number(response.headers.get("retry-after")) || 1);
      return { status: response.status, body: await response.json(), retryAfterMs };
    } catch (error) {
      if (!(error instanceof ConnectionRefused)) throw error;
      const body = { code: "refused", next: "retry" };
      return { status: 0, body, retryAfterMs: 1000 + Math.round(1000 * this.#random()) };
    }
  }
}

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly next?: string; readonly session_token?: string };
  readonly retryAfterMs: number;
}
