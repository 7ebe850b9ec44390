/**
 * The frame of the operator's commands: it reads the arguments, prints help, prints a result for people or as JSON, and
 * chooses the exit code.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Clock, systemClock } from "../base/clock.ts";
import { Problem } from "../base/problem.ts";
import { ConfigError, type Environment } from "../config/config.ts";
import {
  type Call,
  type Command,
  CommandError,
  EXIT,
  type Options,
  type OptionValues,
  type Program,
  UsageError,
} from "./command.ts";
import { helpOf, helpOfCommand } from "./help.ts";

/** The surroundings of a program. */
export interface Terminal {
  /** The environment of the process. */
  readonly env: Environment;
  /** Tells the time. */
  readonly clock: Clock;
  /** Takes text for stdout, with its line feed. */
  readonly out: (text: string) => void;
  /** Takes text for stderr, with its line feed. */
  readonly err: (text: string) => void;
}

/** Runs a program with its arguments. Returns the exit code. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const json = args.includes("--json");
  const { out, err } = terminal;
  try {
    const command = findCommand(program, args);
    if (args.includes("--help") || args.includes("-h")) {
      const help = command === null ? helpOf(program) : helpOfCommand(program, command);
      out(json ? asJson({ help }) : help);
      return EXIT.done;
    }
    if (command === null) {
      if (!json) err(helpOf(program));
      throw new UsageError(`${program.name} needs a command. Try ${program.name} --help`);
    }
    const result = await command.run({
      ...parse(program, command, args),
      env: terminal.env,
      clock: terminal.clock,
      progress: (line) => err(`${line}\n`),
    });
    out(json ? asJson(result.json) : `${[result.text].flat().join("\n")}\n`);
    return result.ok === false ? EXIT.failed : EXIT.done;
  } catch (error) {
    const { code, message, exit } = describe(error);
    if (json) out(asJson({ error: { code, message } }));
    else err(`${message}\n`);
    return exit;
  }
}

/** Runs a program as the main module of a process, and ends the process. */
export async function main(program: Program): Promise<never> {
  const write = (stream: { writeSync(bytes: Uint8Array): number }) => (text: string) => {
    let bytes = new TextEncoder().encode(text);
    // A pipe takes as much as it has room for.
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  };
  const terminal = {
    env: Deno.env.toObject(),
    clock: systemClock,
    out: write(Deno.stdout),
    err: write(Deno.stderr),
  };
  Deno.exit(await runProgram(program, Deno.args, terminal));
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Finds the command that the first words name; the longest name wins. Null without words. */
function findCommand({ name, commands }: Program, args: readonly string[]): Command | null {
  const words = args.filter((arg) => !arg.startsWith("-"));
  const fits = (command: Command) => {
    const own = command.name === "" ? [] : command.name.split(" ");
    return own.every((word, i) => word === words[i]) ? own.length : -1;
  };
  const [best] = commands.filter((command) => fits(command) >= 0).toSorted((a, b) => fits(b) - fits(a));
  if (best !== undefined) return best;
  if (words.length === 0) return null;
  throw new UsageError(`There is no command ${JSON.stringify(words[0])}. Try ${name} --help`);
}

function parse(program: Program, command: Command, args: readonly string[]): Pick<Call, "args" | "options"> {
  const own: Options = Object.fromEntries(
    Object.entries(command.options ?? {}).map((
      [name, { value }],
    ) => [name, { type: value === undefined ? "boolean" : "string" }]),
  );
  const hint = `Try ${[program.name, command.name].filter(Boolean).join(" ")} --help`;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" }, ...own },
      allowPositionals: true,
      strict: true,
    });
    const given = positionals.slice(command.name === "" ? 0 : command.name.split(" ").length);
    const names = command.args === "" ? [] : command.args.split(" ");
    const required = names.filter((name) => !name.startsWith("["));
    const missing = required[given.length];
    if (missing !== undefined) throw new UsageError(`${missing} is missing. ${hint}`);
    if (given.length > names.length) throw new UsageError(`There are too many arguments. ${hint}`);
    if (given.some((arg) => arg === "")) throw new UsageError(`An argument is empty. ${hint}`);
    return { args: given, options: values as OptionValues };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    // The message of parseArgs names the option that is wrong.
    throw new UsageError(`${error instanceof Error ? error.message.split(". ")[0] : error}. ${hint}`);
  }
}

function describe(
  error: unknown,
): { readonly code: string; readonly message: string; readonly exit: number } {
  if (error instanceof CommandError) return error;
  if (error instanceof ConfigError) {
    return { code: "invalid_environment", message: error.message, exit: EXIT.usage };
  }
  if (error instanceof Problem) {
    const { code, message, details } = error;
    return { code, message: details.internal ?? message, exit: EXIT.failed };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: "internal", message, exit: EXIT.failed };
}
