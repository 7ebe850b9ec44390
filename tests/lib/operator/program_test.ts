import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../../lib/base/clock.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { ADMIN } from "../../../lib/operator/admin.ts";
import { CommandError, type Program } from "../../../lib/operator/command.ts";
import { runProgram } from "../../../lib/operator/program.ts";

const PROGRAM: Program = {
  name: "deno task test",
  does: "Tries it out.",
  commands: [
    {
      name: "one",
      args: "FIRST [SECOND]",
      does: "Do one thing",
      options: { yes: { does: "Really" }, rate: { value: "N", does: "So many" } },
      run: ({ args, options }) =>
        Promise.resolve({ json: { args, yes: options.yes, rate: options.rate }, text: ["one", "two"] }),
    },
    {
      name: "one more",
      args: "",
      does: "Do more",
      run: () => Promise.resolve({ json: 1, text: "more", ok: false }),
    },
    {
      name: "fail",
      args: "HOW",
      does: "Fail",
      run({ args: [how] }) {
        if (how === "problem") throw new Problem("storage_unavailable", { internal: "For the operator" });
        if (how === "refused") throw new CommandError("refused", "No");
        throw new TypeError("Unexpected");
      },
    },
  ],
};

const CASES: readonly [args: string, code: number, json: unknown][] = [
  ["one a", 0, { args: ["a"] }],
  ["one a b --yes --rate 7", 0, { args: ["a", "b"], yes: true, rate: "7" }],
  ["--yes one a", 0, { args: ["a"], yes: true }],
  ["one more", 1, 1],
  ["fail refused", 1, { error: { code: "refused", message: "No" } }],
  ["fail problem", 1, { error: { code: "storage_unavailable", message: "For the operator" } }],
  ["fail otherwise", 1, { error: { code: "internal", message: "TypeError: Unexpected" } }],
  ["", 2, { error: { code: "usage" } }],
  ["one", 2, { error: { code: "usage" } }],
  ["one a b c", 2, { error: { code: "usage" } }],
  ["one a --no", 2, { error: { code: "usage" } }],
  ["one a --rate", 2, { error: { code: "usage" } }],
  ["one a --yes=1", 2, { error: { code: "usage" } }],
  ["two", 2, { error: { code: "usage" } }],
  ["one more a", 2, { error: { code: "usage" } }],
];

for (const [args, code, json] of CASES) {
  Deno.test(`runProgram ends ${JSON.stringify(args)} with ${code}, and prints one JSON value`, async () => {
    const { out, err, ...ran } = await run(`${args} --json`);
    const printed = JSON.parse(out);
    if (code === 2) {
      assertEquals(printed.error.code, "usage");
      assert(printed.error.message.includes("deno task test"), "It says where to read on");
    } else assertEquals(printed, json);
    assertEquals([ran.code, err], [code, ""]);

    const plain = await run(args);
    assertEquals(plain.code, code);
    const failed = printed?.error !== undefined;
    assertEquals(failed ? plain.out : plain.err, "", "A failure goes to stderr, a result to stdout");
    assert((failed ? plain.err : plain.out).endsWith("\n"));
    if (failed && code !== 2) assert(plain.err.includes(printed.error.message));
  });
}

Deno.test("runProgram prints help on stdout for the program, and for each command of it", async () => {
  const { code, out } = await run("--help");
  assertEquals(code, 0);
  for (const { name, does } of PROGRAM.commands) assert(out.includes(name) && out.includes(does));
  const of = await run("one --help");
  assertEquals(of.code, 0);
  assert(
    of.out.includes("deno task test one FIRST [SECOND] [--yes] [--rate N]") && of.out.includes("Really"),
  );
  assertEquals(JSON.parse((await run("one --help --json")).out).help, of.out);
});

Deno.test("the help of deno task admin names every command of the contract", async () => {
  let out = "";
  await runProgram(ADMIN, ["--help"], {
    env: {},
    clock: systemClock,
    out: (text) => out += text,
    err: () => {},
  });
  const contract = [
    "find",
    "export",
    "receipt",
    "keys",
    "keys reseal",
    "show",
    "revoke",
    "block",
    "unblock",
    "delete",
    "mails",
    "mails retry",
    "mails drop",
    "stats",
  ];
  for (const name of contract) assert(new RegExp(`^  ${name}\\b`, "m").test(out), name);
});

async function run(args: string): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runProgram(PROGRAM, args.split(" ").filter(Boolean), {
    env: {},
    clock: systemClock,
    out: (text) => out += text,
    err: (text) => err += text,
  });
  return { code, out, err };
}
