/**
 * The servers that are measured: the service, and those that it is compared with.
 *
 * @module
 */
import { BUILT } from "../../lib/config/entry.ts";
import { signingKeys } from "../support/signing_keys.ts";
import type { Command } from "./server.ts";

/** A server that signs customers in. */
export interface Contestant {
  /** The name in the tables. */
  readonly name: string;
  /** Returns the command that starts it on a new database. */
  readonly command: (place: Place) => Command;
  /** The path of a sign-in. */
  readonly signInPath: string;
  /** The path of a token check. */
  readonly checkPath: string;
}

/** The surroundings of a contestant. */
export interface Place {
  /** The folder for its database. */
  readonly folder: string;
  /** The origin of the upstream. */
  readonly amazonUrl: string;
}

const root = new URL("../../", import.meta.url).pathname;
const here = `${root}tests/bench/`;
const deno = [Deno.execPath(), "run", `--lock=${root}deno.lock`, "--frozen", "--allow-net", "--allow-env"]
  .concat("--allow-read", "--allow-write");

/** Returns the command that runs a script of this folder with Deno. */
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

/** Returns the environment of the service: the defaults of production, without a limit of sign-ins from one address. */
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
    SIGNING_KEYS: signingKeys(0),
  };
}

/** The floor, to which all others are compared: it has no guarantee at all. */
export const FLOOR = bare("floor", "floor.ts");
/** The floor with grouped commits. */
export const GROUPED = bare("floor, commits grouped", "floor.ts", "grouped");
/** Only the trips and writes of the service. */
export const BOUND = bare("our trips and writes alone", "bound.ts");
/** The service as it is deployed. {@linkcode build} has to be called before it runs. */
export const ONECLICK: Contestant = {
  name: "Oneclick",
  ...v1,
  command: (place) => ({ args: [...deno, `${root}${BUILT}`], env: serviceEnvironment(place) }),
};

/** Makes what is deployed, as `deno task build` does. */
async function build(): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "build"],
    cwd: root,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("The service could not be built");
}

/** A hand-written Hono server on Node. It needs `npm install` in its folder. */
export const HONO_NODE: Contestant = {
  name: "hand-written Hono on Node",
  ...v1,
  command: ({ folder, amazonUrl }) => ({
    args: ["node", `${here}hono_node/server.mjs`],
    env: { AMAZON_BASE_URL: amazonUrl, DB_PATH: `${folder}/hono.db`, NODE_ENV: "production" },
  }),
};

/** Returns the contestants that can run here. The one on Node can when its packages are installed. */
export async function contestants(): Promise<Contestant[]> {
  await build();
  const node = await Deno.stat(`${here}hono_node/node_modules`).then(() => [HONO_NODE], () => []);
  return [FLOOR, GROUPED, BOUND, ONECLICK, ...node];
}
