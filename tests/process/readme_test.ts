/** The README names everything that a user must be able to find. */
import { assert } from "@std/assert";
import { SCENARIOS } from "../../lib/dev/console/browser/scenarios.ts";
import { CUSTOMERS } from "../../lib/dev/simulator/customers.ts";
import { FAULTS } from "../../lib/dev/simulator/faults.ts";
import { PROBLEMS } from "../../lib/base/problem.ts";
import { TestService } from "../support/test_service.ts";
import { MAY_RUN } from "../support/child_process.ts";

const ignore = !MAY_RUN;

Deno.test({
  name: "README.md names every problem, customer, fault, scenario, operation, task and variable",
  ignore,
  async fn() {
    const readme = await Deno.readTextFile("README.md");
    await using service = await TestService.open();
    const { paths }: { paths: Record<string, Record<string, unknown>> } =
      await (await service.request("/openapi.json")).json();
    const operations = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`)
    );
    const { tasks }: { tasks: Record<string, unknown> } = JSON.parse(await Deno.readTextFile("deno.json"));
    const variables = Array.from(
      (await Deno.readTextFile("lib/config/config.ts")).matchAll(/^ {2}([A-Z][A-Z_]+): /gm),
      ([, name]) => name,
    );
    assert(variables.length > 15);
    const example = await Deno.readTextFile(".env.example");
    for (const variable of variables) assert(example.includes(`${variable}=`), `${variable} in .env.example`);
    for (const { title } of SCENARIOS) assert(readme.includes(`\n| ${title} | `), `${title} of the console`);
    const words = [
      ...Object.keys(PROBLEMS),
      ...Object.keys(CUSTOMERS),
      ...Object.keys(FAULTS).filter((kind) => kind !== "STATUS"),
      ...operations,
      ...Object.keys(tasks).filter((task) => task !== "doc").map((task) => `deno task ${task}`),
      ...variables,
    ];
    const missing = words.filter((word) =>
      !new RegExp(`\`[^\`]*${RegExp.escape(String(word))}\\b`).test(readme) && !readme.includes(`\`${word}\``)
    );
    assert(missing.length === 0, `Not in the README: ${missing.join(", ")}`);
  },
});
