/** What OpenTelemetry costs a process that does not use it. */
import { assert, assertEquals } from "@std/assert";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess, signIn } from "../support/service_process.ts";

const ignore = !MAY_RUN;

Deno.test({
  name: "main.ts loads nothing of OpenTelemetry when it is off",
  ignore,
  async fn() {
    await using bed = await openTestBed();
    const coverage = `${bed.folder}/coverage`;
    await using service = await ServiceProcess.start({ env: { ...bed.env, DENO_COVERAGE_DIR: coverage } });
    assertEquals((await signIn(service.url, { code: "mork.1" })).status, 201);
    service.kill("SIGTERM");
    assertEquals((await service.status).code, 0);
    const loaded = await Array.fromAsync(
      Deno.readDir(coverage),
      async ({ name }): Promise<string> => JSON.parse(await Deno.readTextFile(`${coverage}/${name}`)).url,
    );
    for (const part of ["/main.ts", "/lib/base/telemetry.ts", "/hono/"]) {
      assert(loaded.some((url) => url.includes(part)), `The scripts that were loaded are not told: ${part}`);
    }
    assertEquals(loaded.filter((url) => /\/lib\/telemetry\/|opentelemetry/.test(url)), []);
  },
});
