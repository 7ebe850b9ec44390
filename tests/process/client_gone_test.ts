/** A device that goes away in the middle: its work is finished, so that its retry finds the answer. */
import { assertEquals, assertRejects } from "@std/assert";
import { MAY_RUN } from "./running.ts";
import { ask, askUntilSettled, environmentOf, pause, serveAmazon, Service } from "./service.ts";

for (const endpoint of ["token", "profile"]) {
  Deno.test(
    `a client that goes away while the ${endpoint} request is out finds the answer by its retry`,
    { ignore: !MAY_RUN },
    async () => {
      await using amazon = await serveAmazon();
      await using service = await Service.start({ env: environmentOf(amazon, ":memory:") });
      const what = { code: `new~${endpoint}-delay-300.1`, key: crypto.randomUUID() };
      const leave = new AbortController();
      const gone = assertRejects(() => ask(service.url, { ...what, signal: leave.signal }), Error, "Left");
      while (!amazon.simulator.requests.some((request) => request.endpoint === endpoint)) await pause(5);
      leave.abort(new Error("Left"));
      await gone;

      const answers = await askUntilSettled(() => service.url, what);
      for (const { status, headers, body } of answers.slice(0, -1)) {
        assertEquals([status, body.code, headers.get("retry-after")], [409, "code_in_progress", "1"]);
      }
      const last = answers.at(-1);
      assertEquals([last?.status, last?.headers.get("idempotency-replayed")], [201, "true"]);
      assertEquals(amazon.simulator.requests.map((request) => request.endpoint), ["token", "profile"]);
    },
  );
}
