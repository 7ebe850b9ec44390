/** Processes are stopped and started under load: that costs no code, and each request gets an answer. */
import { assert, assertEquals } from "@std/assert";
import { pause, ServiceProcess, signIn, until } from "../../support/service_process.ts";
import { onDenokv, onFile, type Place, play, restart } from "./stage.ts";

/** `AMAZON_DEADLINE_MS` by default, with the two seconds of a stop. */
const STOPPED_WITHIN_MS = 6000 + 2000;

/** Restarts so many of the processes under load. */
async function roll(name: string, place: Place, { restarts = 4, perSecond = 25 } = {}): Promise<void> {
  await play(name, place, async (stage) => {
    for (let i = 0; i < restarts; i++) {
      const start = performance.now();
      const old = await restart(stage, i, "SIGTERM");
      const { code } = await old.status;
      assertEquals(code, 0, "Requests were cut");
      assert(old.lines.at(-1)?.includes('"unfinished":0'));
      assert(performance.now() - start < STOPPED_WITHIN_MS);
      await pause(500);
    }
  }, { perSecond, answersAll: true });
}

onDenokv(
  "four processes on a denokv are restarted one after the other",
  (name, _, place) => roll(name, place),
  4,
);
onFile("four processes on a file are restarted one after the other", (name, place) => roll(name, place), 4);
onFile(
  "one of two processes is stopped at 200 sign-ins in a second",
  (name, place) => roll(name, place, { restarts: 1, perSecond: 200 }),
  2,
);

onFile("a stop on Deno Deploy has more work left than time", async (name, { bed }) => {
  const env = { ...bed.env, DENO_TIMELINE: "production" };
  const requests = Array.from({ length: 60 }, (_, i) => ({
    code: `new~token-delay-1000~profile-hang*1.${i}`,
    key: crypto.randomUUID(),
  }));
  const tokenRequests = () => bed.simulator.requests.filter(({ endpoint }) => endpoint === "token").length;
  await using service = await ServiceProcess.start({ env: { ...env, AMAZON_TIMEOUT_MS: "6000" } });
  const answers = requests.map((request) => signIn(service.url, request).catch(() => null));
  await until(() => tokenRequests() === requests.length);
  const start = performance.now();
  service.kill("SIGTERM");
  const { code } = await service.status;
  const took = Math.round(performance.now() - start);
  const told = (await Promise.all(answers)).filter((answer) => answer?.body.next === "retry").length;
  console.log(
    `${name}: it took ${took} ms, exit code ${code}, ${told} of 60 devices were told to come again`,
  );
  assertEquals([code, told], [1, 60]);
  assert(took < 5000, "Deno Deploy kills the process after 5 s");
  assert(service.lines.at(-1)?.includes('"unfinished":60'));
  await using next = await ServiceProcess.start({ env });
  const again = await Promise.all(requests.map((request) => signIn(next.url, request)));
  assertEquals(again.filter(({ status }) => status !== 201).map(({ body }) => body.code), []);
  assertEquals(tokenRequests(), 60, "Amazon was asked for a token again");
});
