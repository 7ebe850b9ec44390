/**
 * Two processes on one file whose clocks are 10 s apart. A lease is a time, so the one that is ahead takes codes from the
 * other, which costs a code. It learns from Amazon's `Date` that it is ahead. `faketime` shifts the clock of a process.
 */
import { assertEquals } from "@std/assert";
import { openTestBed, pause, ServiceProcess, signInWithRetries } from "../../support/service_process.ts";
import { ASKED } from "./stage.ts";

const RACES = 10;
const LIBRARIES = ["x86_64", "aarch64"].map((machine) =>
  `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`
);
const library = ASKED ? LIBRARIES.find((path) => exists(path)) : undefined;
if (ASKED && library === undefined) console.warn("SKIPPED: the case of two clocks. apt-get install faketime");

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

for (const shift of ["+10s", "-10s"]) {
  Deno.test({
    name: `two processes race for codes, and the clock of one is wrong by ${shift}`,
    ignore: library === undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using bed = await openTestBed();
      const wrapper = [
        "/usr/bin/env",
        `LD_PRELOAD=${library}`,
        `FAKETIME=${shift}`,
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
      ];
      await using right = await ServiceProcess.start(bed);
      await using wrong = await ServiceProcess.start({ ...bed, wrapper });
      for (const { url } of [right, wrong]) await signInWithRetries(url, { code: `new.${url}` });
      await wrong.line(/"clock_differs"/);
      const races = Array.from({ length: RACES }, async (_, i) => {
        const request = { code: `new~token-delay-1500.${i}`, key: crypto.randomUUID() };
        // The later clock takes over from the earlier one.
        const [first, second] = shift.startsWith("+") ? [right, wrong] : [wrong, right];
        const early = signInWithRetries(first.url, request);
        await pause(300);
        return (await Promise.all([early, signInWithRetries(second.url, request)])).map((answers) =>
          answers.at(-1)?.body.code ?? answers.at(-1)?.status
        );
      });
      assertEquals(await Promise.all(races), Array(RACES).fill([201, 201]));
      const tokenRequests = bed.simulator.requests.filter(({ endpoint }) => endpoint === "token").length;
      assertEquals(tokenRequests, RACES + 2, "Amazon was asked twice for a token");
    },
  });
}
