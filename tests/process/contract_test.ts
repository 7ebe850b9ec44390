/** `tests/CONTRACT.md` names a test for every clause, and each of them is there. */
import { assert, assertEquals } from "@std/assert";
import { PROBLEMS } from "../../lib/problem.ts";
import { problemSchema } from "../../routes/problems.ts";
import { accountSchema, amazonSignInSchema, sessionSchema, signedInSchema } from "../../routes/schemas.ts";
import { MAY_RUN } from "./running.ts";

const ignore = !MAY_RUN;

Deno.test({
  name: "CONTRACT.md names tests that are there, for every problem, field and promise",
  ignore,
  async fn() {
    const rows = (await Deno.readTextFile("tests/CONTRACT.md")).split("\n")
      .filter((line) => line.startsWith("| ") && !/^\| (clause|code|promise) /.test(line))
      .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("\\|", "|")));
    for (const [clause = "", file = "", name = ""] of rows) {
      const source = await Deno.readTextFile(`tests/${file}`);
      const parts = name.replaceAll("\\`", "`").split("…").map((part) => RegExp.escape(part));
      const quoted = new RegExp(`["\`]${parts.join("[^\\n]*")}["\`]`);
      assert(quoted.test(source), `${file} has no test named ${name}, for: ${clause}`);
    }
    const clauses = rows.map(([clause]) => clause).join("\n");
    const fields = [problemSchema, accountSchema, amazonSignInSchema, sessionSchema, signedInSchema]
      .flatMap((schema) => Object.keys(schema.shape));
    const words = [...Object.keys(PROBLEMS), ...fields].filter((word) => !clauses.includes(`\`${word}\``));
    assertEquals(words, []);
    for (let promise = 1; promise <= 9; promise++) {
      assert(clauses.includes(`\n${promise}, `), `Promise ${promise}`);
    }
  },
});
