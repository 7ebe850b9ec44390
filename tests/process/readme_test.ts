/** Every README.md: names what its readers look for, leads somewhere, and holds samples that work. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PROBLEMS } from "../../lib/base/problem.ts";
import { parseConfig } from "../../lib/config/config.ts";
import { SCENARIOS } from "../../lib/dev/console/browser/scenarios.ts";
import { CUSTOMERS } from "../../lib/dev/simulator/customers.ts";
import { FAULTS } from "../../lib/dev/simulator/faults.ts";
import { ACCOUNT, SESSION } from "../../lib/kv/schema.ts";
import { documentOf, operationsOf } from "../support/api_document.ts";
import { MAY_RUN } from "../support/child_process.ts";
import { readmes } from "../support/readmes.ts";
import { TestService } from "../support/test_service.ts";

const ignore = !MAY_RUN;
const MOST_LINES = 200;
/** Lines that a reader sees without scrolling. */
const FIRST_SCREEN = 45;
const COMMANDS = ["npx -y deno@2.9.6 task dev\n", "npx -y deno@2.9.6 task test\n"];
const SECRETS = {
  AMAZON_CLIENT_ID: "id",
  AMAZON_CLIENT_SECRET: "secret",
  DATA_KEYS: `k1:${btoa("0123456789abcdef0123456789abcdef")}`,
  PUBLIC_URL: "https://signin.example",
};

Deno.test({
  name: "the top README.md is short, and its first screen has the commands, the request and the picture",
  ignore,
  async fn() {
    const lines = (await Deno.readTextFile("README.md")).split("\n");
    assert(lines.length <= MOST_LINES + 1, `${lines.length - 1} lines`);
    const screen = lines.slice(0, FIRST_SCREEN).join("\n");
    for (const shown of [...COMMANDS, "curl -i http://localhost:8000/v1/sessions/amazon", "console.jpg)"]) {
      assertStringIncludes(screen, shown);
    }
  },
});

Deno.test({
  name:
    "each README.md names the problems, operations, variables, tasks, customers, faults and rooms of its subject",
  ignore,
  async fn() {
    const variables = await variablesOfConfig();
    assert(variables.length > 15, "The variables were not found in lib/config");
    const words: Record<string, readonly string[]> = {
      "README.md": await tasks(),
      "lib/README.md": await foldersOf("lib"),
      "lib/config/README.md": variables,
      "lib/dev/README.md": [
        ...Object.keys(CUSTOMERS),
        ...Object.keys(FAULTS).filter((kind) => kind !== "STATUS"),
      ],
      "routes/README.md": [
        ...Object.keys(PROBLEMS),
        ...(await operands()).map(([operation]) => operation),
        ...await foldersOf("routes"),
      ],
    };
    for (const [path, wanted] of Object.entries(words)) {
      const names = Array.from(withoutBlocks(await Deno.readTextFile(path)).matchAll(/`[^`\n]+`/g), String);
      const missing = wanted.filter((word) => {
        const whole = new RegExp(`(?<!\\w)${RegExp.escape(word)}(?![\\w:/])`);
        return !names.some((name) => whole.test(name));
      });
      assert(missing.length === 0, `Not in ${path}: ${missing.join(", ")}`);
    }
    const development = await Deno.readTextFile("lib/dev/README.md");
    for (const { title } of SCENARIOS) assertStringIncludes(development, `\n| ${title} | `);
    const api = await Deno.readTextFile("routes/README.md");
    for (const [code, { status, next }] of Object.entries(PROBLEMS)) {
      assertStringIncludes(api, `\n| \`${code}\` | ${status} | ${next} | `);
    }
  },
});

Deno.test({
  name: "each link of a README.md leads to a file or heading, and README.md leads to all of them",
  ignore,
  async fn() {
    const all = await readmes();
    const dead: string[] = [];
    const linked = new Set(["README.md"]);
    for (const path of linked) {
      for (
        const [, target = ""] of withoutBlocks(await Deno.readTextFile(path)).matchAll(/\]\(([^)\s]+)\)/g)
      ) {
        if (/^https?:/.test(target)) continue;
        const { pathname, hash } = new URL(target, `file:///${path}`);
        const file = pathname.slice(1);
        if (!await exists(file)) dead.push(`${path}: ${target}`);
        else if (file.endsWith(".md")) {
          linked.add(file);
          const anchors = headings(await Deno.readTextFile(file));
          if (hash !== "" && !anchors.includes(hash.slice(1))) dead.push(`${path}: ${target}`);
        }
      }
    }
    assertEquals(dead, []);
    assertEquals(all.filter((path) => !linked.has(path)), [], "No README.md leads there");
  },
});

Deno.test({
  name: "each path in a README.md exists",
  ignore,
  async fn() {
    const stale: string[] = [];
    for (const path of await readmes()) {
      const text = await Deno.readTextFile(path);
      for (const [, named = ""] of text.matchAll(/`((?:lib|routes|tests)\/[^`\s]*)`/g)) {
        if (!await exists(named)) stale.push(`${path}: ${named}`);
      }
    }
    assertEquals(stale, []);
  },
});

Deno.test({
  name: "the table of operations names what each of them takes",
  ignore,
  async fn() {
    const rows = (await Deno.readTextFile("routes/README.md")).split("\n").filter((line) =>
      line.startsWith("|")
    );
    const missing = (await operands()).flatMap(([operation, names]) => {
      const row = rows.find((row) => row.split("|")[1]?.includes(`\`${operation}\``))?.toLowerCase() ?? "";
      return names.filter((name) => !row.includes(name.toLowerCase())).map((name) => `${operation}: ${name}`);
    });
    assertEquals(missing, []);
  },
});

Deno.test({
  name: "each table of files names all files of its folder",
  ignore,
  async fn() {
    const missing: string[] = [];
    let tables = 0;
    for (const path of await readmes()) {
      const text = await Deno.readTextFile(path);
      if (!text.includes("| file | holds |")) continue;
      tables++;
      const folder = path.slice(0, path.lastIndexOf("/") + 1);
      for await (const { name } of Deno.readDir(folder)) {
        if (/\.tsx?$/.test(name) && !text.includes(`\`${folder}${name}\``)) missing.push(`${path}: ${name}`);
      }
    }
    assert(tables >= 7, `${tables} tables`);
    assertEquals(missing, []);
  },
});

Deno.test({
  name: "each TypeScript sample of a README.md compiles",
  ignore,
  async fn() {
    const paths = await readmes();
    const samples = (await Promise.all(paths.map((path) => Deno.readTextFile(path)))).join("");
    // Samples marked `ignore` need packages of an app: client_package_test.ts and typed_client_test.ts compile those.
    assert(/^```ts$/m.test(samples), "There is no sample to compile");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--doc-only", ...paths],
      env: { NO_COLOR: "1" },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  },
});

Deno.test({
  name: "the records in lib/kv/README.md are an account and a session",
  ignore,
  async fn() {
    const text = await Deno.readTextFile("lib/kv/README.md");
    const [account, session] = Array.from(text.matchAll(/^```json\n(.*?)^```/gms), ([, json = ""]) => json);
    for (const [type, json] of [[ACCOUNT, account], [SESSION, session]] as const) {
      const record = JSON.parse(json ?? "");
      assertEquals(type.schema.parse(record) as unknown, record);
    }
  },
});

Deno.test({
  name: ".env.example has every variable with its default",
  ignore,
  async fn() {
    const example = await Deno.readTextFile(".env.example");
    for (const variable of await variablesOfConfig()) assertStringIncludes(example, `${variable}=`);
    const given = Array.from(
      example.matchAll(/^(?:# )?([A-Z][A-Z_0-9]+)=(.*)$/gm),
      ([, name = "", value = ""]) => [name, value] as const,
    );
    // Variables without a default are shown with an example.
    const defaults = given.filter(([name]) =>
      !/^(?:AMAZON_CLIENTS|MAIL_.*|WEBHOOK_.*|CORS_ORIGINS|SIGNING_KEYS|ACCESS_TOKEN_AUDIENCES|APP_LOGO_URL|APP_COLOR|SUPPORT_URL|SESSION_MAX_DAYS)$/
        .test(name) &&
      !(name in SECRETS)
    );
    assertEquals(parseConfig({ ...SECRETS, ...Object.fromEntries(defaults) }), parseConfig(SECRETS));
  },
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The anchors that GitHub makes of the headings. */
function headings(markdown: string): string[] {
  return Array.from(
    withoutBlocks(markdown).matchAll(/^#+ (.+)$/gm),
    ([, title = ""]) => title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-"),
  );
}

function withoutBlocks(markdown: string): string {
  return markdown.replace(/^```.*?^```/gms, "");
}

/** The folders below a folder, without those that hold nothing, as a change of branch can leave them. */
async function foldersOf(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}/`;
    if (isDirectory && (await Array.fromAsync(Deno.readDir(path))).length > 0) paths.push(path);
  }
  return paths;
}

/** Every task but `doc`, which is a part of `ok`. */
async function tasks(): Promise<string[]> {
  const { tasks }: { tasks: Record<string, unknown> } = JSON.parse(await Deno.readTextFile("deno.json"));
  return Object.keys(tasks).filter((task) => task !== "doc").map((task) => `deno task ${task}`);
}

/** Returns each operation of the API, and the names of what it takes: parameters, headers and members of its body. */
async function operands(): Promise<[operation: string, names: string[]][]> {
  await using service = await TestService.open();
  const document = await documentOf(service);
  return operationsOf(document).map(({ path, method, operation: { parameters = [], requestBody } }) => {
    const schema = Object.values(requestBody?.content ?? {})[0]?.schema;
    const body = schema?.$ref === undefined
      ? schema
      : document.components.schemas[schema.$ref.split("/").at(-1) ?? ""];
    const names = [...parameters.map(({ name }) => name), ...Object.keys(body?.properties ?? {})];
    return [`${method.toUpperCase()} ${path}`, names];
  });
}

/** The variables that the files of `lib/config` declare. */
async function variablesOfConfig(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("lib/config")) {
    if (!name.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(`lib/config/${name}`);
    found.push(...Array.from(text.matchAll(/^ {2,}([A-Z][A-Z_0-9]+): /gm), ([, variable = ""]) => variable));
  }
  return [...new Set(found)];
}
