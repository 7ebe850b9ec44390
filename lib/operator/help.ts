/**
 * The help of the operator's commands.
 *
 * @module
 */
import type { Command, Program } from "./command.ts";

/** Makes the help of a program. */
export function helpOf({ name, does, commands }: Program): string {
  const [only] = commands;
  if (commands.length === 1 && only?.name === "") return helpOfCommand({ name, does, commands }, only);
  const rows = commands.map((command) => [`  ${callOf("", command)}`, command.does] as const);
  return [
    does,
    "",
    `  ${name} COMMAND [--json]`,
    "",
    ...columns(rows),
    "",
    `--json prints one JSON value. ${name} COMMAND --help tells more of a command.`,
    ENVIRONMENT,
    "",
  ].join("\n");
}

/** Makes the help of a command. */
export function helpOfCommand({ name }: Program, command: Command): string {
  const options = Object.entries({
    ...command.options,
    json: { does: "Print one JSON value on stdout, and nothing else there" },
  });
  const rows = options.map(([option, { value, does }]: [string, { value?: string; does: string }]) =>
    [`  --${option}${value === undefined ? "" : ` ${value}`}`, does] as const
  );
  return [
    command.does,
    "",
    `  ${callOf(name, command)}`,
    "",
    ...columns(rows),
    ...(command.more === undefined ? [] : ["", command.more]),
    "",
    "Exit code 0: done. 1: not found, refused, or a check failed. 2: wrong usage.",
    ENVIRONMENT,
    "",
  ].join("\n");
}

const ENVIRONMENT =
  "The environment is that of the service: DATA_KEYS, and KV_PATH, a file or the URL of a KV service with its token in DENO_KV_ACCESS_TOKEN.";

function callOf(program: string, { name, args, options = {} }: Command): string {
  const flags = Object.entries(options).map(([option, { value }]) =>
    `[--${option}${value === undefined ? "" : ` ${value}`}]`
  );
  return [program, name, args, ...flags].filter(Boolean).join(" ");
}

/** Aligns rows of two columns. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`.trimEnd());
}
