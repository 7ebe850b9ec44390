/**
 * The measurements. Each has new databases and its own upstream.
 *
 * @module
 */
import {
  accessTokenRequest,
  checkRequest,
  Connection,
  drive,
  type Load,
  signInRequest,
  type Target,
} from "./driver.ts";
import { type Contestant, type Place, script } from "./contestants.ts";
import { Server } from "./server.ts";

/** The number and length of the rounds. */
export interface Effort {
  /** The number of turns of each contestant. Medians are over the turns. */
  readonly rounds: number;
  /** The seconds of a turn. */
  readonly seconds: number;
}

/** The result of one contestant under one load: medians of the rounds. */
export interface Result {
  /** {@linkcode Contestant.name} */
  readonly name: string;
  /** The number of requests at once. */
  readonly connections: number;
  /** Answers per second. */
  readonly rate: number;
  /** The rate divided by that of the first contestant in the same round: the median of the rounds. */
  readonly ratio: number;
  /** Milliseconds to an answer: the median. */
  readonly p50: number;
  /** The same: the 99th percentile. */
  readonly p99: number;
  /** Milliseconds of processor time for one answer. */
  readonly cpuMs: number;
  /** The processor time divided by that of the first contestant in the same round: the median of the rounds. */
  readonly cpuRatio: number;
}

/** The customers that sign in. */
export type Customers = "new" | "returning";

/** Servers with one upstream and one folder. Dispose of it to stop the servers and remove the folder. */
export class Arena implements AsyncDisposable {
  readonly #servers: Server[] = [];

  private constructor(readonly place: Place, readonly upstream: Server) {}

  /** Starts an upstream whose answers take `latencyMs`. */
  static async open(latencyMs = 0): Promise<Arena> {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-bench-" });
    const upstream = await Server.start(
      { args: script("upstream.ts", String(latencyMs)) },
      `${folder}/upstream.log`,
    );
    return new Arena({ folder, amazonUrl: upstream.url }, upstream);
  }

  /** Starts a server. */
  async start(command: Parameters<typeof Server.start>[0]): Promise<Server> {
    const server = await Server.start(command, `${this.place.folder}/${this.#servers.length}.log`);
    this.#servers.push(server);
    return server;
  }

  /** Stops everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [...this.#servers, this.upstream]) await server[Symbol.asyncDispose]();
    await Deno.remove(this.place.folder, { recursive: true });
  }
}

/** Returns requests that sign customers in. Each has its own random code; the ids of new customers are random as well. */
export function signIns({ signInPath }: Contestant, customers: Customers): (n: number) => string {
  return (n) => signInRequest(signInPath, `${customers}-${crypto.randomUUID()}-${n}`);
}

/** Measures sign-ins per second, processor time and memory, in turns. */
export async function throughput(
  contestants: readonly Contestant[],
  { customers, loads, effort }: { customers: Customers; loads: readonly number[]; effort: Effort },
): Promise<{ results: Result[]; peakMiB: Record<string, number> }> {
  await using arena = await Arena.open();
  const entrants = await Promise.all(contestants.map(async (it) => {
    const server = await arena.start(it.command(arena.place));
    return { ...it, server, turn: () => ({ url: server.url, request: signIns(it, customers) }) };
  }));
  await warmUp(entrants, effort);
  const results = await byTurns(entrants, loads, effort);
  const peakMiB: Record<string, number> = {};
  for (const { name, server } of entrants) peakMiB[name] = Math.round(await server.peakMiB());
  return { results, peakMiB };
}

/** Measures checks of session tokens per second, in turns. So many TVs take turns as well. */
export function tokenChecks(
  contestants: readonly Contestant[],
  { tvs = 1, ...load }: { connections: number; effort: Effort; tvs?: number },
): Promise<Result[]> {
  return withToken(contestants, (it, server) => checks(it, server, tvs), load);
}

/** Measures access tokens per second, in turns. The floor signs with Ed25519 too, after one read. */
export function accessTokens(
  contestants: readonly Contestant[],
  load: { connections: number; effort: Effort },
): Promise<Result[]> {
  const requests = async (it: Contestant, server: Server) => {
    const request = accessTokenRequest(await signedIn(it, server));
    return () => request;
  };
  return withToken(contestants, requests, load);
}

async function withToken(
  contestants: readonly Contestant[],
  requests: (it: Contestant, server: Server) => Promise<(n: number) => string>,
  { connections, effort }: { connections: number; effort: Effort },
): Promise<Result[]> {
  await using arena = await Arena.open();
  const entrants = await Promise.all(contestants.map(async (it) => {
    const server = await arena.start(it.command(arena.place));
    const request = await requests(it, server);
    return { ...it, server, turn: () => ({ url: server.url, request }) };
  }));
  await warmUp(entrants, effort);
  return await byTurns(entrants, [connections], effort);
}

/** A server that is measured in turns with others. */
export interface Entrant {
  /** The name in the results. */
  readonly name: string;
  /** The running server. */
  readonly server: Server;
  /** Returns the requests of a turn. */
  readonly turn: () => Target;
}

/** Drives each server until its code is compiled. A real server runs for days, so its first seconds are not measured. */
export async function warmUp(entrants: readonly Entrant[], { seconds }: Effort): Promise<void> {
  for (const { turn } of entrants) await drive(turn(), { connections: 16, seconds: 5 * seconds });
}

/** Drives each server in every round. Each ratio is to the first server in the same round. */
export async function byTurns(
  entrants: readonly Entrant[],
  loads: readonly number[],
  { rounds, seconds }: Effort,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const connections of loads) {
    const turns = new Map<string, (Load & { cpuMs: number })[]>(entrants.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, server, turn } of entrants) {
        const before = await server.cpuMs();
        const load = await drive(turn(), { connections, seconds });
        turns.get(name)?.push({ ...load, cpuMs: (await server.cpuMs() - before) / load.count });
      }
    }
    const [first = []] = turns.values();
    for (const [name, own] of turns) {
      const middle = (of: (turn: Load & { cpuMs: number }, round: number) => number) => median(own.map(of));
      results.push({
        name,
        connections,
        rate: middle((turn) => turn.rate),
        ratio: middle((turn, round) => turn.rate / (first[round]?.rate ?? NaN)),
        p50: middle((turn) => turn.p50),
        p99: middle((turn) => turn.p99),
        cpuMs: middle((turn) => turn.cpuMs),
        cpuRatio: middle((turn, round) => turn.cpuMs / (first[round]?.cpuMs ?? NaN)),
      });
    }
  }
  return results;
}

/** Measures the milliseconds from the start of each process to the answer of its first sign-in, in turns. */
export async function coldStarts(
  contestants: readonly Contestant[],
  { rounds }: Effort,
): Promise<Record<string, number>> {
  await using arena = await Arena.open();
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const it of contestants) {
      const start = performance.now();
      await using server = await Server.start(it.command(arena.place), `${arena.place.folder}/cold.log`);
      using connection = await Connection.open(server.url);
      await connection.send(signIns(it, "new")(0));
      times.get(it.name)?.push(performance.now() - start);
    }
  }
  return Object.fromEntries(Array.from(times, ([name, own]) => [name, Math.round(median(own))]));
}

/** The milliseconds of each call to Amazon, in measurements with a slow Amazon. */
export const AMAZON_MS = 40;

/** Returns calls to the upstream itself. */
export function callsOf({ upstream }: Arena): Target {
  return { url: upstream.url, request: () => "GET /?code=x HTTP/1.1\r\nHost: bench\r\n\r\n" };
}

/** Measures the milliseconds that a sign-in adds to Amazon's two calls of 40 ms: the median. */
export async function addedLatency(
  contestants: readonly Contestant[],
  { loads, effort }: { loads: readonly number[]; effort: Effort },
): Promise<{ name: string; connections: number; p50: number; addedMs: number }[]> {
  await using arena = await Arena.open(AMAZON_MS);
  const results = [];
  for (const it of contestants) {
    const server = await arena.start(it.command(arena.place));
    const turn = () => ({ url: server.url, request: signIns(it, "new") });
    await drive(turn(), { connections: 64, seconds: effort.seconds });
    for (const connections of loads) {
      const rounds: { p50: number; addedMs: number }[] = [];
      for (let round = 0; round < effort.rounds; round++) {
        const { p50: call } = await drive(callsOf(arena), { connections, seconds: effort.seconds / 2 });
        const { p50 } = await drive(turn(), { connections, seconds: effort.seconds });
        rounds.push({ p50, addedMs: p50 - 2 * call });
      }
      const middle = (of: "p50" | "addedMs") => median(rounds.map((round) => round[of]));
      results.push({ name: it.name, connections, p50: middle("p50"), addedMs: middle("addedMs") });
    }
  }
  return results;
}

/** Signs so many customers in, and returns requests that check the tokens of their sessions by turns. */
export async function checks(it: Contestant, server: Server, tvs = 1): Promise<(n: number) => string> {
  const requests: string[] = [];
  const signInMore = async () => {
    while (requests.length < tvs) requests.push(checkRequest(it.checkPath, await signedIn(it, server)));
  };
  await Promise.all(Array.from({ length: Math.min(tvs, 16) }, signInMore));
  return (n) => requests[n % requests.length] ?? "";
}

/** Signs one customer in, and returns the session token. */
async function signedIn(it: Contestant, { url }: Server): Promise<string> {
  using connection = await Connection.open(url);
  const { body } = await connection.send(signIns(it, "new")(0));
  return JSON.parse(body).session_token;
}

/** Returns the median of numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half] ?? NaN
    : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}
