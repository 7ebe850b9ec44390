/**
 * Measures the service on a database with many accounts.
 *
 * @module
 */
import { ONECLICK, type Place, script, serviceEnvironment } from "./contestants.ts";
import { Arena, byTurns, checks, type Effort, signIns, warmUp } from "./measure.ts";
import type { Server } from "./server.ts";

/** One rate on an empty database, and on one with many accounts. */
export interface Growth {
  /** What is counted per second. */
  readonly figure: string;
  /** The rate on the empty database. */
  readonly empty: number;
  /** The rate on the grown database divided by that on the empty one: the median of the rounds. */
  readonly ratio: number;
}

/** Measures the service on a database with `accounts` and on an empty one, in turns, with 16 requests at once. */
export async function growth({ accounts, effort }: { accounts: number; effort: Effort }): Promise<Growth[]> {
  await using arena = await Arena.open();
  const grown = { ...arena.place, folder: await Deno.makeTempDir({ dir: arena.place.folder }) };
  await fill(grown, accounts);
  const servers = [
    { name: "empty", server: await arena.start(ONECLICK.command(arena.place)) },
    { name: "grown", server: await arena.start(ONECLICK.command(grown)) },
  ];
  const figures: Growth[] = [];
  const compare = async (figure: string, request: (server: Server) => Promise<(n: number) => string>) => {
    const entrants = await Promise.all(servers.map(async (it) => {
      const turn = { url: it.server.url, request: await request(it.server) };
      return { ...it, turn: () => turn };
    }));
    await warmUp(entrants, effort);
    const [onEmpty, onGrown] = await byTurns(entrants, [16], effort);
    figures.push({ figure, empty: onEmpty?.rate ?? NaN, ratio: onGrown?.ratio ?? NaN });
  };
  await compare("new customers", () => Promise.resolve(signIns(ONECLICK, "new")));
  await compare("returning customers", () => Promise.resolve(signIns(ONECLICK, "returning")));
  await compare("token checks", (server) => checks(ONECLICK, server));
  return figures;
}

async function fill({ folder, amazonUrl }: Place, accounts: number): Promise<void> {
  const env: Record<string, string> = { ...serviceEnvironment({ folder, amazonUrl }), PORT: "8000" };
  const [command = "", ...args] = script("fill.ts", env.KV_PATH ?? "", String(accounts));
  const { success } = await new Deno.Command(command, { args, env, stderr: "inherit" }).output();
  if (!success) throw new Error("The database could not be filled");
}
