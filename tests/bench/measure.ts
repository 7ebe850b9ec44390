/**
 * The measurements, each on new databases with an upstream of its own.
 *
 * @module
 */
import { checkRequest, Connection, drive, type Load, signInRequest, type Target } from "./driver.ts";
import { type Contestant, type Place, script } from "./contestants.ts";
import { Server } from "./server.ts";

/** How long and how often. */
export interface Effort {
  /** Times that each contestant takes its turn; medians are over these. */
  readonly rounds: number;
  /** Seconds of a turn. */
  readonly seconds: number;
}

/** What one contestant came to under one load: medians over the rounds. */
export interface Result {
  /** {@linkcode Contestant.name} */
  readonly name: string;
  /** Requests at once. */
  readonly connections: number;
  /** Answers in a second. */
  readonly rate: number;
  /** The median, over the rounds, of the rate to the floor's, or another first one's, of the same round. */
  readonly ratio: number;
  /** Milliseconds, the median answer. */
  readonly p50: number;
  /** Milliseconds, the 99th percentile. */
  readonly p99: number;
  /** Milliseconds of processor time for one answer. */
  readonly cpuMs: number;
}

/** Who signs in. */
export type Customers = "new" | "returning";

/** Servers beside one upstream, in one folder; dispose of it to stop and remove them. */
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

  /** Starts a server beside it. */
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

/** Requests that sign customers in, no code twice; codes and so the new customers' ids are random, as Amazon's are. */
export function signIns({ signInPath }: Contestant, customers: Customers): (n: number) => string {
  return (n) => signInRequest(signInPath, `${customers}-${crypto.randomUUID()}-${n}`);
}

/** Sign-ins in a second, processor time and memory, by turns. */
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

/** Checks of a session token in a second, by turns. */
export async function tokenChecks(
  contestants: readonly Contestant[],
  { connections, effort }: { connections: number; effort: Effort },
): Promise<Result[]> {
  await using arena = await Arena.open();
  const entrants = await Promise.all(contestants.map(async (it) => {
    const server = await arena.start(it.command(arena.place));
    const request = await checks(it, server);
    return { ...it, server, turn: () => ({ url: server.url, request }) };
  }));
  await warmUp(entrants, effort);
  return await byTurns(entrants, [connections], effort);
}

/** A server that takes its turn with others. */
export interface Entrant {
  /** Its name in the results. */
  readonly name: string;
  /** Where it runs. */
  readonly server: Server;
  /** What is sent in a turn. */
  readonly turn: () => Target;
}

/** A server runs for days: until its code is compiled, it is not what is measured. */
export async function warmUp(entrants: readonly Entrant[], { seconds }: Effort): Promise<void> {
  for (const { turn } of entrants) await drive(turn(), { connections: 16, seconds: 5 * seconds });
}

/** Drives each in every round; each ratio is to the first of them in the same round. */
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
      });
    }
  }
  return results;
}

/** Milliseconds from the start of the process to the answer of its first sign-in, by turns. */
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

/** Milliseconds that each of Amazon's calls takes where their time counts. */
export const AMAZON_MS = 40;

/** Calls to the upstream alone. */
export function callsOf({ upstream }: Arena): Target {
  return { url: upstream.url, request: () => "GET /?code=x HTTP/1.1\r\nHost: bench\r\n\r\n" };
}

/** What a sign-in adds to Amazon's two calls of 40 ms: the median, in milliseconds. */
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

/** Requests that check the token of one session. */
export async function checks(it: Contestant, { url }: Server): Promise<() => string> {
  using connection = await Connection.open(url);
  const { body } = await connection.send(signIns(it, "new")(0));
  const request = checkRequest(it.checkPath, JSON.parse(body).session_token);
  return () => request;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half] ?? NaN
    : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}
