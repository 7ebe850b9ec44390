/**
 * What is measured beside each other: the service, and what it is compared with.
 *
 * @module
 */
import type { Command } from "./server.ts";

/** One way to sign in. */
export interface Contestant {
  /** Its name in the table. */
  readonly name: string;
  /** How it starts, on a new database in `folder`. */
  readonly command: (place: Place) => Command;
  /** Where it takes a sign-in. */
  readonly signInPath: string;
  /** Where it checks a token. */
  readonly checkPath: string;
}

/** Where a contestant runs. */
export interface Place {
  /** For its database. */
  readonly folder: string;
  /** Origin of the upstream. */
  readonly amazonUrl: string;
}

const root = new URL("../../", import.meta.url).pathname;
const here = `${root}tests/bench/`;
const deno = [Deno.execPath(), "run", "--allow-net", "--allow-env", "--allow-read", "--allow-write"];

/** A script of this folder, run by Deno. */
export function script(name: string, ...args: string[]): string[] {
  return [...deno, "--unstable-kv", here + name, ...args];
}

const v1 = { signInPath: "/v1/sessions/amazon", checkPath: "/v1/sessions/current" };

function bare(name: string, file: string, ...args: string[]): Contestant {
  return {
    name,
    signInPath: "/",
    checkPath: "/",
    command: ({ folder, amazonUrl }) => ({
      args: script(file, ...args),
      env: { AMAZON_BASE_URL: amazonUrl, KV_PATH: `${folder}/${file}${args.join("")}.kv` },
    }),
  };
}

/** The variables of the service: production's defaults, but for the limit of sign-ins from one address. */
export function serviceEnvironment({ folder, amazonUrl }: Place): Record<string, string> {
  return {
    AMAZON_CLIENT_ID: "foodev",
    AMAZON_CLIENT_SECRET: "foosecret",
    AMAZON_BASE_URL: amazonUrl,
    AMAZON_SIGN_INS_PER_MINUTE: "0",
    DATA_KEYS: `bench:${btoa("for measurements only: no secret")}`,
    HOST: "127.0.0.1",
    KV_PATH: `${folder}/oneclick.kv`,
    PUBLIC_URL: "https://signin.example",
  };
}

/** The measure of all: no guarantee at all. */
export const FLOOR = bare("floor", "floor.ts");
/** The floor with commits grouped. */
export const GROUPED = bare("floor, commits grouped", "floor.ts", "grouped");
/** The trips and writes of the service, and nothing else of it. */
export const BOUND = bare("our trips and writes alone", "bound.ts");
/** The service, by `main.ts`. */
export const ONECLICK: Contestant = {
  name: "Oneclick",
  ...v1,
  command: (place) => ({ args: [...deno, `${root}main.ts`], env: serviceEnvironment(place) }),
};
/** Hono on Node, written by hand. Its packages come from `npm install` in its folder. */
export const HONO_NODE: Contestant = {
  name: "hand-written Hono on Node",
  ...v1,
  command: ({ folder, amazonUrl }) => ({
    args: ["node", `${here}hono_node/server.mjs`],
    env: { AMAZON_BASE_URL: amazonUrl, DB_PATH: `${folder}/hono.db`, NODE_ENV: "production" },
  }),
};

/** Those that can run here: Node's needs its packages. */
export async function contestants(): Promise<Contestant[]> {
  const node = await Deno.stat(`${here}hono_node/node_modules`).then(() => [HONO_NODE], () => []);
  return [FLOOR, GROUPED, BOUND, ONECLICK, ...node];
}
