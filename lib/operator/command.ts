/**
 * What a command of the operator is made of: its arguments, its result, and its errors.
 *
 * @module
 */
import type { ParseArgsConfig } from "node:util";
import type { Clock } from "../base/clock.ts";
import type { Environment } from "../config/config.ts";

/** The exit codes: done; not found, refused or a check failed; wrong usage. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Thrown by a command that cannot be done. The message is for the operator. */
export class CommandError extends Error {
  /** The class name. */
  override name = "CommandError";

  /**
   * Takes a stable code, a sentence, and the exit code.
   *
   * @param exit {@linkcode EXIT}: `failed` by default.
   */
  constructor(readonly code: string, message: string, readonly exit: number = EXIT.failed) {
    super(message);
  }
}

/** Thrown for arguments that a command does not take. The exit code is 2. */
export class UsageError extends CommandError {
  /** Takes the sentence that says what is wrong. */
  constructor(message: string) {
    super("usage", message, EXIT.usage);
  }
}

/** The result of a command. */
export interface Result {
  /** What `--json` prints. */
  readonly json: unknown;
  /** What people read; several lines are joined. */
  readonly text: string | readonly string[];
  /** Whether the command succeeded; true by default. */
  readonly ok?: boolean;
}

/** The options of a command beside `--json` and `--help`, by their names. */
export type Options = NonNullable<ParseArgsConfig["options"]>;

/** The values of options, by their names. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** A call of a command. */
export interface Call {
  /** The arguments after the name of the command. */
  readonly args: readonly string[];
  /** The options that were given. */
  readonly options: OptionValues;
  /** The environment of the process. */
  readonly env: Environment;
  /** Tells the time. */
  readonly clock: Clock;
  /** Shows on stderr how far long work has come. */
  readonly progress: (line: string) => void;
}

/** A command. */
export interface Command {
  /** The words of the command after the name of the program, such as `keys reseal`; empty for a program of one command. */
  readonly name: string;
  /** Its arguments as help shows them, such as `ACCOUNT [SESSION]`. */
  readonly args: string;
  /** What it does, in one line. */
  readonly does: string;
  /** What more help says, below the options. */
  readonly more?: string;
  /** Its own options, each with the line that help shows. */
  readonly options?: Readonly<Record<string, { readonly value?: string; readonly does: string }>>;
  /** Does it. */
  readonly run: (call: Call) => Promise<Result>;
}

/** A program: the commands of one task in `deno.json`. */
export interface Program {
  /** How it is called, such as `deno task admin`. */
  readonly name: string;
  /** What it is for, in one sentence. */
  readonly does: string;
  /** Its commands. */
  readonly commands: readonly Command[];
}
