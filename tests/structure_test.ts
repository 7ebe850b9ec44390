/**
 * The rooms of the source, kept by reading every import: imports run down only, and tests lie where their subject
 * does. The rooms are those of `lib/README.md`.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import denoJson from "../deno.json" with { type: "json" };

/** The rooms from the top down. Rooms of one line are neighbours: neither imports the other. */
const ROOMS: readonly (readonly string[])[] = [
  ["main.ts"],
  ["lib/dev"],
  ["lib/operator"],
  ["routes/mod.ts"],
  ["routes/api"],
  ["routes/pages"],
  ["routes/docs"],
  ["routes/openapi"],
  ["routes/http"],
  ["lib/due_tasks.ts"],
  ["lib/my_account"],
  ["lib/sign_in", "lib/purchases"],
  ["lib/outbox"],
  ["lib/services.ts"],
  ["lib/sessions", "lib/limits"],
  ["lib/accounts", "lib/events"],
  ["lib/config"],
  ["lib/kv"],
  ["lib/amazon", "lib/mail", "lib/passwords", "lib/telemetry", "lib/tokens", "lib/webhooks"],
  ["lib/texts"],
  ["lib/base"],
  ["lib/client"],
];

/** The rooms from which some rooms may import. Every other room may import from all rooms below it. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "lib/amazon": ["lib/base"],
  "lib/mail": ["lib/base"],
  "lib/passwords": ["lib/base"],
  "lib/telemetry": ["lib/base"],
  "lib/tokens": ["lib/base"],
  "lib/webhooks": ["lib/base"],
  "lib/base": [],
  "lib/client": [],
};

/** The rooms that production never loads. */
const NOT_IN_PRODUCTION = ["lib/dev", "lib/operator"];

const TOP = ["LICENSE", "README.md", "deno.json", "deno.lock", "lib", "main.ts", "routes", "tests"];
const TESTS = [
  "README.md",
  "bench",
  "browser",
  "deno.lock",
  "lib",
  "process",
  "promises",
  "routes",
  "structure_test.ts",
  "support",
];

/** The names that stand for files or packages in imports. */
const ALIASES: Readonly<Record<string, string | undefined>> = denoJson.imports;

/** The files that each file imports, all as paths from the top of the repository. */
type Imports = ReadonlyMap<string, readonly string[]>;

const ROOT = new URL("../", import.meta.url);
const ignore = Deno.permissions.querySync({ name: "read", path: ROOT }).state !== "granted";

Deno.test("imports run down from room to room", { ignore }, () => {
  const imports = readImports();
  assert(imports.size > 80 && [...imports.values()].flat().length > 200);
  assertEquals(findWrongImports(imports), []);
});

Deno.test("each file of the source lies in a room", { ignore }, () => {
  assertEquals([...readImports().keys()].filter((path) => roomOf(path) === null), []);
});

Deno.test("no file imports itself through others", { ignore }, () => {
  assertEquals(findCircle(readImports()), null);
});

Deno.test("each test lies where the file that it tests lies", { ignore }, () => {
  const sources = [...readImports().keys()];
  assertEquals(filesIn("tests").filter((path) => isMisplaced(path, sources)), []);
});

Deno.test("the top of the repository and of the tests holds what the design names", { ignore }, () => {
  const patterns = Deno.readTextFileSync(new URL(".gitignore", ROOT)).trim().split("\n");
  const isIgnored = (name: string) =>
    patterns.some((pattern) =>
      pattern.startsWith("*") ? name.endsWith(pattern.slice(1)) : `${name}/` === pattern
    );
  const unknown = (folder: string, known: readonly string[]) =>
    Array.from(Deno.readDirSync(new URL(folder, ROOT)), ({ name }) => name)
      .filter((name) => !name.startsWith(".") && !known.includes(name) && !isIgnored(name));
  assertEquals(unknown("./", TOP), []);
  assertEquals(unknown("tests/", TESTS), []);
});

Deno.test("findWrongImports notices each kind of wrong import", () => {
  const wrong = (from: string, to: string) => findWrongImports(new Map([[from, [to]]]));
  assertEquals(wrong("lib/kv/database.ts", "lib/services.ts").length, 1, "up");
  assertEquals(wrong("lib/sessions/sessions.ts", "lib/limits/tries.ts").length, 1, "to a neighbour");
  assertEquals(wrong("main.ts", "lib/dev/main.ts").length, 1, "from production to development");
  assertEquals(wrong("lib/mail/smtp.ts", "lib/config/mail.ts").length, 1, "from a gateway up");
  assertEquals(wrong("lib/mail/smtp.ts", "lib/client/mod.ts").length, 1, "from a gateway to the client");
  assertEquals(wrong("lib/client/mod.ts", "lib/base/ids.ts").length, 1, "from the client");
  assertEquals(wrong("main.ts", "lib/loose.ts").length, 1, "to a file in no room");
  assertEquals(
    wrong("lib/new_room/a.ts", "lib/new_room/b.ts").length,
    1,
    "in a room that is not in the list",
  );
  assertEquals(wrong("lib/dev/main.ts", "lib/client/mod.ts"), []);
  assertEquals(wrong("lib/services.ts", "lib/kv/database.ts"), []);
  assertEquals(wrong("lib/kv/database.ts", "lib/kv/schema.ts"), []);
});

Deno.test("findCircle notices a circle", () => {
  const imports = (...pairs: [string, string[]][]) => new Map(pairs);
  assertEquals(findCircle(imports(["a", ["b", "c"]], ["b", ["c"]], ["c", []])), null);
  assertEquals(findCircle(imports(["a", ["b"]], ["b", ["c"]], ["c", ["b"]])), ["b", "c", "b"]);
  assertEquals(findCircle(imports(["a", ["a"]])), ["a", "a"]);
});

Deno.test("isMisplaced notices a test without a subject, and a helper beside tests", () => {
  const sources = ["lib/kv/database.ts", "routes/pages/page.tsx"];
  const misplaced = [
    "tests/lib/kv/base_test.ts",
    "tests/lib/database_test.ts",
    "tests/lib/kv/databases_test.ts",
    "tests/lib/kv/helper.ts",
  ];
  const placed = ["tests/lib/kv/database_test.ts", "tests/lib/kv/database_reads_test.ts"];
  const all = [...misplaced, ...placed, "tests/routes/pages/page_test.tsx", "tests/promises/any_test.ts"];
  assertEquals(all.filter((path) => isMisplaced(path, sources)), misplaced);
});

Deno.test("importsOf finds imports of every form, and none in a comment", () => {
  const source = [
    '/** ```ts\n * import { no } from "./no1.ts";\n * ``` */',
    '// import("./no2.ts") is for later',
    'import { a } from "./a.ts";',
    'import type {\n  B,\n  C as D,\n} from "./b.ts";',
    'export * from "./c.ts";',
    'export { type E, e } from "../e.ts";',
    'import "./f.ts";',
    'type G = typeof import("./g.ts");',
    'const h = await import("./h.ts");',
    'import { z } from "zod";',
    'import { assert } from "@std/assert";',
    'const text = `served from "./no3.ts"`;',
  ].join("\n");
  assertEquals(importsOf("lib/x/file.ts", source), [
    "lib/x/a.ts",
    "lib/x/b.ts",
    "lib/x/c.ts",
    "lib/e.ts",
    "lib/x/f.ts",
    "tests/support/assert.ts",
    "lib/x/g.ts",
    "lib/x/h.ts",
  ]);
  assertThrows(() => importsOf("lib/x/file.ts", "const i = await import(name);"), Error, "lib/x/file.ts");
});

/** Returns "from → to: why" for each import that the rooms forbid. */
function findWrongImports(imports: Imports): string[] {
  return [...imports].flatMap(([from, targets]) =>
    targets.flatMap((to) => {
      const why = whyWrong(from, to);
      return why === null ? [] : [`${from} → ${to}: ${why}`];
    })
  );
}

function whyWrong(from: string, to: string): string | null {
  const [source, target] = [roomOf(from), roomOf(to)];
  if (source === null) return `${from} is in no room`;
  if (target === null) return `${to} is in no room`;
  if (source.name === target.name) return null;
  if (target.line < source.line) return "runs up";
  if (target.line === source.line) return "goes to a neighbour";
  if (source.name === "main.ts" && NOT_IN_PRODUCTION.includes(target.name)) return "is not for production";
  const allowed = ALLOWED[source.name];
  return allowed === undefined || allowed.includes(target.name) ? null : `${source.name} may not`;
}

function roomOf(path: string): { readonly name: string; readonly line: number } | null {
  for (const [line, names] of ROOMS.entries()) {
    const name = names.find((name) => path === name || path.startsWith(`${name}/`));
    if (name !== undefined) return { name, line };
  }
  return null;
}

/** Returns the files of a circle, the first one again at the end; null when there is no circle. */
function findCircle(imports: Imports): string[] | null {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle !== null) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle !== null) return circle;
  }
  return null;
}

/**
 * Returns whether a file under `tests/lib` or `tests/routes` is no test of a file at the mirrored path. The test of
 * `a/b.ts` is `a/b_test.ts`, or `a/b_<aspect>_test.ts`.
 */
function isMisplaced(path: string, sources: readonly string[]): boolean {
  if (!/^tests\/(?:lib|routes)\//.test(path)) return false;
  const [, mirrored = ""] = /^tests\/(.*)_test\.tsx?$/.exec(path) ?? [];
  return !sources.some((source) => `${mirrored}_`.startsWith(`${source.replace(/\.tsx?$/, "")}_`));
}

function readImports(): Imports {
  return new Map(["main.ts", ...filesIn("lib"), ...filesIn("routes")].map((path) => {
    return [path, importsOf(path, Deno.readTextFileSync(new URL(path, ROOT)))];
  }));
}

/**
 * Returns the files of the repository that a module imports, those of types included.
 *
 * @throws {Error} for an `import()` without a string: the file that it imports is not known.
 */
function importsOf(path: string, source: string): string[] {
  const code = source.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const statements = code.matchAll(/^(?:import|export)\b(?:[\w$\s{},*]*?\bfrom)?\s*"([^"]+)"/gm);
  const expressions = code.matchAll(/\bimport\(\s*(?:"([^"]+)")?/g);
  return [...statements, ...expressions].flatMap(([, specifier]) => {
    if (specifier === undefined) throw new Error(`${path} has an import() without a string`);
    const alias = ALIASES[specifier];
    if (alias?.startsWith(".")) return [pathOf(alias, "deno.json")];
    return specifier.startsWith(".") ? [pathOf(specifier, path)] : [];
  });
}

/** Returns the path of a file that another file names by a relative path. */
function pathOf(relative: string, from: string): string {
  return new URL(relative, `file:///${from}`).pathname.slice(1);
}

/** Returns the TypeScript files in a folder and in the folders below it. */
function filesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(new URL(`${folder}/`, ROOT))).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesIn(`${folder}/${name}`) : /\.tsx?$/.test(name) ? [`${folder}/${name}`] : []
  ).toSorted();
}
