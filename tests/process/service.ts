/**
 * The service as a real process with a simulated Amazon beside it, and a device that does what the contract tells
 * devices to do.
 *
 * @module
 */
import { systemClock } from "../../lib/base/clock.ts";
import type { Environment } from "../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import { createSimulator, type Simulator } from "../../lib/dev/simulator/simulator.ts";
import { serveSimulator } from "../../lib/dev/simulator/server.ts";
import type { ProblemBody, SignedInBody } from "../support/test_service.ts";
import { Running } from "./running.ts";

/** A simulated Amazon that listens. */
export interface Amazon extends AsyncDisposable {
  readonly simulator: Simulator;
  readonly url: string;
}

/** Serves a simulated Amazon on a free port of this machine. */
export async function serveAmazon(): Promise<Amazon> {
  const simulator = createSimulator({ clock: systemClock, clients: DEV_CLIENT_SECRETS });
  const server = await serveSimulator(simulator, { port: 0 });
  return { simulator, url: server.url, [Symbol.asyncDispose]: () => server.close() };
}

/** What a process is started with. */
export interface ServiceOptions {
  /** Variables over those of development. */
  readonly env: Environment;
  /** What is run; the service of production when it is not given. */
  readonly entry?: string;
  /** What runs Deno, with its arguments before those of Deno; by default Deno itself. */
  readonly wrapper?: readonly string[];
}

/** One process of the service; dispose of it with `await using`. */
export class Service extends Running {
  /** Its origin, without a slash at the end. */
  url = "";

  private constructor({ env, entry = "main.ts", wrapper = [] }: ServiceOptions) {
    super(["--no-check", "--quiet", entry], { AMAZON_SIGN_INS_PER_MINUTE: "0", ...env }, { wrapper });
  }

  /**
   * Starts a process and waits until it listens.
   *
   * @throws {Error} with what it wrote to stderr, when it ended instead.
   */
  static async start(options: ServiceOptions): Promise<Service> {
    const service = new Service(options);
    try {
      const [line] = await service.line(/.*"message":"listening".*/);
      service.url = JSON.parse(line).url;
      return service;
    } catch (error) {
      await service.end();
      throw error;
    }
  }
}

/** The environment of a service on a database file, beside an Amazon. */
export function environmentOf(amazon: Pick<Amazon, "url">, kvPath: string): Environment {
  return { ...devEnvironment(amazon.url, 0), KV_PATH: kvPath };
}

/** What a device asks with. */
export interface Ask {
  readonly code: string;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

/** An answer, read. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: SignedInBody & ProblemBody;
}

/** Asks once. */
export async function ask(url: string, { code, key, signal }: Ask): Promise<Answered> {
  const response = await fetch(`${url}/v1/sessions/amazon`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key === undefined ? {} : { "idempotency-key": key }) },
    body: JSON.stringify({ code }),
    signal: signal ?? null,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Asks again, after `Retry-After`, for as long as it is told to; gives every answer. */
export async function askUntilSettled(urlOf: () => string, what: Ask): Promise<[Answered, ...Answered[]]> {
  const answers: [Answered, ...Answered[]] = [await ask(urlOf(), what)];
  for (let last = answers[0]; last.body.next === "retry" && answers.length < 60;) {
    await pause(Number(last.headers.get("retry-after")) * 1000);
    answers.push(last = await ask(urlOf(), what));
  }
  return answers;
}

/** Waits for real. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs work of which at most so many pieces go on at once. */
export function atMost(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await work();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
