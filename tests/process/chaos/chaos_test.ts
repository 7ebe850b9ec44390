/**
 * Real processes of the service on a real `denokv` and on a real file, while each of them stands still, dies or goes
 * silent: `deno task test:chaos`. It measures real time, so it is no condition of a change.
 *
 * `denokv` is taken from the variable `DENOKV` or from `PATH` (`cargo install denokv --locked`). Without it, only the cases
 * on a file run.
 */
import { assert } from "@std/assert";
import { openTestBed, pause, ServiceProcess, type TestBed } from "../../support/service_process.ts";
import { Denokv, findDenokv, Relay } from "./denokv.ts";
import { Devices } from "./devices.ts";

const ASKED = Deno.args.includes("chaos");
const program = ASKED ? await findDenokv() : null;
if (ASKED && program === null) {
  console.warn("SKIPPED: the cases on a KV service. No denokv is in PATH, and DENOKV names none");
}

// Without the word, nothing here has a permission to read the environment.
const setting = (name: string, preset: number) => ASKED ? Number(Deno.env.get(name) ?? preset) : preset;

/** Everybody who waits when a disturbance ends is signed in within this time. A busy machine gets a little more. */
const RECOVERY_MS = 10_000 * setting("CHAOS_SLACK", 1);
const PER_SECOND = setting("CHAOS_RATE", 15);
const BEFORE_MS = 3000;

/** What a case works with. */
interface Stage {
  readonly bed: TestBed;
  readonly services: ServiceProcess[];
  readonly devices: Devices;
}

interface Place {
  readonly bed: TestBed;
  /** The database of each process; the last one is that of the check at the end. */
  readonly kvPaths: readonly string[];
}

/** Plays a case: devices come, something happens, and everybody is in soon after. */
async function play(
  name: string,
  { bed, kvPaths }: Place,
  disturb: (stage: Stage) => Promise<void>,
  { mayLoseCodes = false } = {},
): Promise<void> {
  const services = await Promise.all(
    kvPaths.map((KV_PATH) => ServiceProcess.start({ env: { ...bed.env, KV_PATH } })),
  );
  try {
    const devices = new Devices(() => services.map(({ url }) => url), PER_SECOND);
    await pause(BEFORE_MS);
    await disturb({ bed, services, devices });
    const recoveredMs = await devices.untilIn(RECOVERY_MS);
    const found = await devices.end(bed, bed.env.KV_PATH ?? "");
    console.log(`${name}: everybody was in ${recoveredMs} ms after its end; ${found}`);
    if (!mayLoseCodes) assert(devices.newCodes === 0, `${devices.newCodes} codes were lost`);
  } catch (error) {
    const isTrouble = (line: string) => !line.includes('"level":"INFO"');
    for (const { lines } of services) console.log(lines.filter(isTrouble).slice(-5).join("\n"));
    throw error;
  } finally {
    await Promise.all(services.map((service) => service.end()));
  }
}

async function restart(
  services: ServiceProcess[],
  i: number,
  { bed }: Place,
  signal: Deno.Signal,
): Promise<void> {
  const old = services[i]!;
  if (signal === "SIGTERM") {
    old.kill(signal);
    await old.status;
  }
  await old.end();
  const KV_PATH = bed.env.KV_PATH ?? "";
  const port = new URL(old.url).port;
  services[i] = await ServiceProcess.start({ env: { ...bed.env, KV_PATH, PORT: port } });
}

function onDenokv(
  name: string,
  run: (name: string, denokv: Denokv, place: Place) => Promise<void>,
): void {
  Deno.test({ name, ignore: program === null, sanitizeOps: false, sanitizeResources: false }, async () => {
    const folder = await Deno.makeTempDir({ prefix: "oneclick-chaos-" });
    await using denokv = await Denokv.start(program ?? "", `${folder}/denokv.sqlite3`);
    await using bed = await openTestBed({ KV_PATH: denokv.url });
    await run(name, denokv, { bed, kvPaths: [denokv.url, denokv.url] });
    await Deno.remove(folder, { recursive: true });
  });
}

function onFile(name: string, run: (name: string, place: Place) => Promise<void>): void {
  Deno.test({ name, ignore: !ASKED, sanitizeOps: false, sanitizeResources: false }, async () => {
    await using bed = await openTestBed();
    await run(name, { bed, kvPaths: [bed.kvPath] });
  });
}

for (const seconds of [1, 5, 20]) {
  onDenokv(
    `denokv stands still for ${seconds} s`,
    (name, denokv, place) => play(name, place, () => denokv.standStill(seconds * 1000)),
  );
}

onDenokv(
  "denokv is killed, and is back after 8 s: connections are refused meanwhile",
  (name, denokv, place) =>
    play(name, place, async () => {
      await denokv.kill();
      await pause(8000);
      await denokv.start();
    }, { mayLoseCodes: true }),
);

onDenokv("the connection of one process goes silent", async (name, denokv, { bed }) => {
  await using relay = new Relay(denokv.port);
  await play(name, { bed, kvPaths: [relay.url, denokv.url] }, () => {
    relay.goSilent({ newOnesToo: false });
    return Promise.resolve();
  }, { mayLoseCodes: true });
});

onDenokv("the network to denokv is silent for 8 s", async (name, denokv, { bed }) => {
  await using relay = new Relay(denokv.port);
  await play(name, { bed, kvPaths: [relay.url, relay.url] }, async () => {
    relay.goSilent({ newOnesToo: true });
    await pause(8000);
    relay.mend();
  }, { mayLoseCodes: true });
});

onDenokv(
  "a process is killed, and is back after 2 s",
  (name, _, place) =>
    play(name, place, async ({ services }) => {
      services[0]?.kill("SIGKILL");
      await pause(2000);
      await restart(services, 0, place, "SIGKILL");
    }, { mayLoseCodes: true }),
);

onDenokv(
  "two processes are restarted one after the other under load",
  (name, _, place) =>
    play(name, place, async ({ services }) => {
      for (const i of services.keys()) await restart(services, i, place, "SIGTERM");
    }),
);

onFile(
  "the process on a file stands still for 5 s",
  (name, place) =>
    play(name, place, async ({ services: [service] }) => {
      service?.kill("SIGSTOP");
      await pause(5000);
      service?.kill("SIGCONT");
      // An answer of Amazon that came meanwhile can be found too late.
    }, { mayLoseCodes: true }),
);

onFile(
  "the process on a file is killed, and is started again",
  (name, place) =>
    play(name, place, ({ services }) => restart(services, 0, place, "SIGKILL"), {
      mayLoseCodes: true,
    }),
);
