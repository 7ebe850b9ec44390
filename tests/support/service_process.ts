/**
 * The service as a real process beside a simulated Amazon, and a device that follows the contract.
 *
 * @module
 */
import { systemClock } from "../../lib/base/clock.ts";
import type { Environment } from "../../lib/config/config.ts";
import { DEV_CLIENT_SECRETS, devEnvironment } from "../../lib/dev/environment.ts";
import { serveSimulator } from "../../lib/dev/simulator/server.ts";
import { createSimulator, type Simulator } from "../../lib/dev/simulator/simulator.ts";
import { DenoProcess } from "./child_process.ts";
import type { ProblemBody, SignedInBody } from "./bodies.ts";

/** All that a service process needs: a simulated Amazon that listens, and a folder for the database. */
export interface TestBed extends AsyncDisposable {
  /** The simulated Amazon. */
  readonly simulator: Simulator;
  /** The folder; it is removed at the end. */
  readonly folder: string;
  /** The database file in the folder. */
  readonly kvPath: string;
  /** The environment of a service that uses both. */
  readonly env: Record<string, string>;
}

/** Starts a simulated Amazon on a free port and makes a folder; `env` has further variables of the service. */
export async function openTestBed(env: Record<string, string> = {}): Promise<TestBed> {
  const simulator = createSimulator({ clock: systemClock, clients: DEV_CLIENT_SECRETS });
  const server = await serveSimulator(simulator, { port: 0 });
  const folder = await Deno.makeTempDir({ prefix: "oneclick-" });
  const kvPath = `${folder}/kv.sqlite3`;
  return {
    simulator,
    folder,
    kvPath,
    env: { ...devEnvironment(server.url, 0) as Record<string, string>, KV_PATH: kvPath, ...env },
    async [Symbol.asyncDispose]() {
      await server.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** How a service process is started. */
export interface ServiceProcessOptions {
  /** The whole environment, but for `AMAZON_SIGN_INS_PER_MINUTE`, which is 0 by default: no limit. */
  readonly env: Environment;
  /** The module that is run; `main.ts` by default. */
  readonly entry?: string;
  /** A module that is loaded before it. */
  readonly preload?: string;
  /** A command that runs Deno, with its arguments; none by default. */
  readonly wrapper?: readonly string[];
}

/** One process of the service. Dispose of it with `await using`: that kills it. */
export class ServiceProcess extends DenoProcess {
  /** The origin of the service, without a slash at the end. */
  url = "";

  private constructor({ env, entry = "main.ts", preload, wrapper = [] }: ServiceProcessOptions) {
    const flags = ["--no-check", "--quiet", ...(preload === undefined ? [] : ["--preload", preload])];
    super([...flags, entry], { AMAZON_SIGN_INS_PER_MINUTE: "0", ...env }, { wrapper });
  }

  /**
   * Starts a process and waits until it listens.
   *
   * @throws {Error} with the standard error of the process, when it ends instead.
   */
  static async start(options: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = new ServiceProcess(options);
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

/** A request of a device to `POST /v1/sessions/amazon`. */
export interface DeviceRequest {
  /** Amazon's code. */
  readonly code: string;
  /** The `Idempotency-Key`. */
  readonly key?: string;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
  /** Sends the request; Deno's own client by default. */
  readonly client?: Deno.HttpClient;
}

/** An answer of the service, with its body parsed. */
export interface Answer<Body = SignedInBody & ProblemBody> {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The JSON of the body. */
  readonly body: Body;
}

/** Posts JSON to the service at `url` and reads the answer. */
export async function post<Body = SignedInBody & ProblemBody>(
  url: string,
  body: unknown,
  { key, signal = null, ...sender }: {
    readonly key?: string | undefined;
    readonly signal?: AbortSignal | null;
    readonly client?: Deno.HttpClient;
  } = {},
): Promise<Answer<Body>> {
  const headers = {
    "content-type": "application/json",
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
  const response = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal,
    ...sender,
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Signs a device in by one request to the service at `origin`. */
export function signIn(origin: string, { code, ...options }: DeviceRequest): Promise<Answer> {
  return post(`${origin}/v1/sessions/amazon`, { code }, options);
}

/**
 * Signs a device in as the contract says: while the answer's `next` is `retry`, the device waits for `Retry-After`
 * and sends the same request again, at most 60 times.
 *
 * @returns every answer.
 */
export async function signInWithRetries(
  origin: string,
  request: DeviceRequest,
): Promise<[Answer, ...Answer[]]> {
  const answers: [Answer, ...Answer[]] = [await signIn(origin, request)];
  for (let last = answers[0]; last.body.next === "retry" && answers.length < 60;) {
    await pause(Number(last.headers.get("retry-after")) * 1000);
    answers.push(last = await signIn(origin, request));
  }
  return answers;
}

/** Waits for so many real milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

/** Returns a function that does work, of which at most `limit` pieces run at once. */
export function limitConcurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
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
