/** A device that closes its connection during a sign-in: the sign-in is finished, and the retry gets its answer. */
import { assertEquals, assertRejects } from "@std/assert";
import { MAY_RUN } from "../support/child_process.ts";
import { openTestBed, ServiceProcess, signIn, signInWithRetries, until } from "../support/service_process.ts";

for (const endpoint of ["token", "profile"]) {
  Deno.test(
    `a device that leaves during the ${endpoint} request gets the answer by its retry`,
    { ignore: !MAY_RUN },
    async () => {
      await using bed = await openTestBed();
      await using service = await ServiceProcess.start(bed);
      const { requests } = bed.simulator;
      const request = { code: `new~${endpoint}-delay-300.1`, key: crypto.randomUUID() };
      const leave = new AbortController();
      const left = assertRejects(
        () => signIn(service.url, { ...request, signal: leave.signal }),
        Error,
        "Left",
      );
      await until(() => requests.some((request) => request.endpoint === endpoint));
      leave.abort(new Error("Left"));
      await left;

      const answers = await signInWithRetries(service.url, request);
      for (const { status, headers, body } of answers.slice(0, -1)) {
        assertEquals([status, body.code, headers.get("retry-after")], [409, "code_in_progress", "1"]);
      }
      const last = answers.at(-1);
      assertEquals([last?.status, last?.headers.get("idempotency-replayed")], [201, "true"]);
      assertEquals(requests.map((request) => request.endpoint), ["token", "profile"]);
    },
  );
}
