import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MAY_RUN } from "./child_process.ts";
import { countFiles, withProgress } from "./run_tests.ts";

Deno.test("withProgress says at the head of each file how far the tests are, and leaves all else as it is", () => {
  let file = 0;
  const progress = () => ({ file: ++file, files: 12, ms: 61_400 * file });
  const output =
    "a ... \x1b[32mok\x1b[0m\nrunning 2 tests from ./tests/a_test.ts\n\x1b[38;5;245mrunning 1 test from b_test.ts\x1b[0m\n";
  assertEquals(
    withProgress(output, progress),
    "a ... \x1b[32mok\x1b[0m\n[1 of 12 files, after 1 min 1 s] running 2 tests from ./tests/a_test.ts\n" +
      "[2 of 12 files, after 2 min 3 s] \x1b[38;5;245mrunning 1 test from b_test.ts\x1b[0m\n",
  );
});

Deno.test({
  name: "deno task test shows how far it is, and ends as deno test does",
  ignore: !MAY_RUN,
  async fn() {
    const run = async (...args: string[]) => {
      const { code, stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "test", "--no-check", ...args],
        env: { NO_COLOR: "1" },
      }).output();
      return { code, output: new TextDecoder().decode(stdout) };
    };
    const files = ["tests/lib/config/values_test.ts", "tests/lib/config/data_keys_test.ts"];
    const { code, output } = await run(...files);
    assertEquals(code, 0);
    for (const number of [1, 2]) assertStringIncludes(output, `[${number} of 2 files, after 0 min `);
    assert(/^ok \| \d+ passed/m.test(output), output);
    assertEquals((await run("tests/nothing_test.ts")).code, 1);
    assert(countFiles([]) > 150);
    assertEquals(countFiles(["tests/browser"]), 0);
  },
});
