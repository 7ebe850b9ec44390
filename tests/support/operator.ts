/**
 * The operator's commands in a test: run in the test's process, on the database file of a service.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Clock, systemClock } from "../../lib/base/clock.ts";
import { devEnvironment } from "../../lib/dev/environment.ts";
import { ADMIN } from "../../lib/operator/admin.ts";
import { runProgram } from "../../lib/operator/program.ts";
import { type Program } from "../../lib/operator/command.ts";
import { TestService, type TestServiceOptions } from "./test_service.ts";

/** Whether this run of the tests may read and write files. */
export const MAY_USE_FILES = (["read", "write"] as const).every((name) =>
  Deno.permissions.querySync({ name }).state === "granted"
);

/** What a command has printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The standard output as JSON; undefined when it is not. */
  // deno-lint-ignore no-explicit-any -- the tests look into it
  readonly json: any;
}

/** Runs a program with its arguments. */
export async function run(
  program: Program,
  args: readonly string[],
  env: Record<string, string>,
  clock: Clock = systemClock,
): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await runProgram(program, args, {
    env,
    clock,
    out: (text) => out += text,
    err: (text) => err += text,
  });
  return { code, out, err, json: parse(out) };
}

function parse(out: string): unknown {
  try {
    return JSON.parse(out);
  } catch {
    return undefined;
  }
}

/** A service on a database file, and the operator beside it. Dispose of it with `await using`. */
export class OperatedService implements AsyncDisposable {
  private constructor(readonly folder: string, readonly kv: Deno.Kv, readonly service: TestService) {}

  /** Opens a service on a new file; `env` has further variables. */
  static async open({ env, ...options }: Omit<TestServiceOptions, "kv"> = {}): Promise<OperatedService> {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-" });
    const kv = await Deno.openKv(`${folder}/kv.sqlite3`);
    return new OperatedService(
      folder,
      kv,
      await TestService.open({ ...options, kv, ...(env ? { env } : {}) }),
    );
  }

  /** The environment of the commands. */
  get env(): Record<string, string> {
    const { DATA_KEYS = "" } = devEnvironment("http://localhost", 1);
    return { DATA_KEYS, KV_PATH: `${this.folder}/kv.sqlite3` };
  }

  /** Runs `deno task admin … --json`, and asserts the exit code. Returns the JSON. */
  async admin(args: string, { code = 0, env = {} }: { code?: number; env?: Record<string, string> } = {}) {
    const ran = await run(ADMIN, [...args.split(" "), "--json"], { ...this.env, ...env }, this.service.clock);
    assertEquals([ran.code, typeof ran.json], [code, "object"], ran.out + ran.err);
    return ran.json;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    this.kv.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Runs `deno task NAME …` as a process of its own. The environment is the one given, and what Deno needs. */
export async function runTask(
  name: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Ran> {
  const inherited = ["HOME", "PATH", "DENO_DIR", "TMPDIR", "DENO_KV_ACCESS_TOKEN"].flatMap((variable) => {
    const value = Deno.env.get(variable);
    return value === undefined ? [] : [[variable, value] as const];
  });
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", name, ...args],
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
    clearEnv: true,
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out: out!, err: err!, json: parse(out!) };
}
