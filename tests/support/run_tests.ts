/**
 * Runs `deno task test`: `deno test` with the given arguments, and with how far it is at the head of each file.
 *
 * @module
 */
const IGNORED = ["tests/browser", "tests/process/fire_os"];
/** The head of a file in the output of `deno test`, behind the colours of a terminal. */
// deno-lint-ignore no-control-regex -- colours
const HEAD = /^(?=(?:\x1b\[[\d;]*m)*running \d+ tests? from )/gm;

if (import.meta.main) Deno.exit(await runTests(Deno.args));

/** Runs the tests. Returns the exit code of `deno test`. */
async function runTests(args: readonly string[]): Promise<number> {
  const flags = ["--lock=tests/deno.lock", "--frozen", "-A", `--ignore=${IGNORED}`];
  const color = Deno.stdout.isTerminal() && !Deno.env.has("NO_COLOR") ? { FORCE_COLOR: "1" } : {};
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...flags, ...args],
    env: color,
    stdin: "inherit",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const start = performance.now();
  const files = countFiles(args.filter(exists));
  let begun = 0;
  const progress = () => ({ file: ++begun, files, ms: performance.now() - start });
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(withProgress(text, progress)));
  }
  return (await child.status).code;
}

/** How far the tests are. */
export interface Progress {
  /** The number of the file that begins. */
  readonly file: number;
  /** The number of all files. */
  readonly files: number;
  /** Milliseconds since the start. */
  readonly ms: number;
}

/** Returns output of `deno test`, with how far it is before the head of each file, for which `progress` is called. */
export function withProgress(text: string, progress: () => Progress): string {
  return text.replace(HEAD, () => {
    const { file, files, ms } = progress();
    const seconds = Math.round(ms / 1000);
    return `[${file} of ${files} files, after ${Math.floor(seconds / 60)} min ${seconds % 60} s] `;
  });
}

/** Counts the files of tests at some paths; by default all that the task runs. */
export function countFiles(paths: readonly string[]): number {
  let count = 0;
  const visit = (path: string) => {
    if (IGNORED.includes(path)) return;
    if (!Deno.statSync(path).isDirectory) {
      if (/_test\.tsx?$/.test(path)) count++;
    } else if (!/(?:^|\/)(?:\..+|node_modules)$/.test(path)) {
      for (const { name } of Deno.readDirSync(path)) visit(`${path}/${name}`);
    }
  };
  for (const path of paths.length === 0 ? ["tests"] : paths) {
    visit(path.replace(/^\.\//, "").replace(/\/$/, ""));
  }
  return count;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path) !== null;
  } catch {
    return false;
  }
}
