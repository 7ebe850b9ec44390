/**
 * What the cases share: processes of the service on a `denokv` or on a file, devices in front of them, something that
 * happens, and the check that everybody is in soon after.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { openTestBed, pause, ServiceProcess, type TestBed } from "../../support/service_process.ts";
import { Denokv, findDenokv } from "./denokv.ts";
import { Devices } from "./devices.ts";

/** Whether the cases were asked for. Without the word, nothing here asks for a permission. */
export const ASKED = Deno.args.includes("chaos");
/** The program `denokv`, or null when there is none. */
export const denokvProgram = ASKED ? await findDenokv() : null;

/** Reads a number from the environment, when the cases were asked for. */
export function setting(name: string, preset: number): number {
  return ASKED ? Number(Deno.env.get(name) ?? preset) : preset;
}

/** Everybody who waits when a disturbance ends is signed in within this time. A busy machine gets a little more. */
export const RECOVERY_MS = 10_000 * setting("CHAOS_SLACK", 1);
const PER_SECOND = 15;
const BEFORE_MS = 2000;

/** The number of things in a second, for a machine that is less busy or busier than most. */
export function rate(perSecond = PER_SECOND): number {
  return perSecond * setting("CHAOS_RATE", PER_SECOND) / PER_SECOND;
}

/** What a case works with. */
export interface Stage {
  /** The simulated Amazon, and the environment of each process. */
  readonly bed: TestBed;
  /** The processes. A restart replaces one. */
  readonly services: ServiceProcess[];
  /** The devices that come. */
  readonly devices: Devices;
}

/** Where the processes of a case run. */
export interface Place {
  /** The simulated Amazon, and the environment of each process. */
  readonly bed: TestBed;
  /** The database of each process; the last one is that of the check at the end. */
  readonly kvPaths: readonly string[];
}

/** How a case is played. */
export interface PlayOptions {
  /** Some devices may need a further code. None may by default. */
  readonly mayLoseCodes?: boolean;
  /** Each request gets an answer. They need not by default, since a process that is killed gives none. */
  readonly answersAll?: boolean;
  /** The devices that come in a second. */
  readonly perSecond?: number;
  /** The customers beside those of the devices; none by default. */
  readonly accounts?: number;
}

/** Plays a case: devices come, something happens, and everybody is in soon after. */
export async function play(
  name: string,
  { bed, kvPaths }: Place,
  disturb: (stage: Stage) => Promise<void>,
  { mayLoseCodes = false, answersAll = false, perSecond = PER_SECOND, accounts = 0 }: PlayOptions = {},
): Promise<void> {
  const services = await Promise.all(
    kvPaths.map((KV_PATH) => ServiceProcess.start({ env: { ...bed.env, KV_PATH } })),
  );
  try {
    await using devices = new Devices(() => services.map(({ url }) => url), rate(perSecond));
    await pause(BEFORE_MS);
    await disturb({ bed, services, devices });
    const recoveredMs = await devices.untilIn(RECOVERY_MS);
    const found = await devices.end(bed, kvPaths.at(-1) ?? "", accounts);
    console.log(`${name}: everybody was in ${recoveredMs} ms after its end; ${found}`);
    if (!mayLoseCodes) assertEquals(devices.newCodes, 0, "codes were lost");
    if (answersAll) assertEquals(devices.unanswered, [], "requests got no answer");
  } catch (error) {
    for (const { lines } of services) console.log(lines.filter(isTrouble).slice(-5).join("\n"));
    throw error;
  } finally {
    await Promise.all(services.map((service) => service.end()));
  }
}

/** Tells whether a line of the log is above the level INFO. */
export function isTrouble(line: string): boolean {
  return !line.includes('"level":"INFO"');
}

/** Stops a process by a signal, and starts another one on the same port and database. Returns the stopped one. */
export async function restart(
  { services, bed }: Pick<Stage, "services" | "bed">,
  i: number,
  signal: "SIGTERM" | "SIGKILL",
): Promise<ServiceProcess> {
  const old = services[i];
  assert(old !== undefined);
  if (signal === "SIGTERM") {
    old.kill(signal);
    await old.status;
  }
  await old.end();
  const { port } = new URL(old.url);
  services[i] = await ServiceProcess.start({ env: { ...bed.env, PORT: port } });
  return old;
}

/** Makes a test of a case on a `denokv`, for as many processes. */
export function onDenokv(
  name: string,
  run: (name: string, denokv: Denokv, place: Place) => Promise<void>,
  processes = 2,
): void {
  Deno.test(
    { name, ignore: denokvProgram === null, sanitizeOps: false, sanitizeResources: false },
    async () => {
      const folder = await Deno.makeTempDir({ prefix: "oneclick-chaos-" });
      await using denokv = await Denokv.start(denokvProgram ?? "", `${folder}/denokv.sqlite3`);
      await using bed = await openTestBed({ KV_PATH: denokv.url });
      await run(name, denokv, { bed, kvPaths: Array(processes).fill(denokv.url) });
      await Deno.remove(folder, { recursive: true });
    },
  );
}

/** Makes a test of a case on a file, for as many processes. */
export function onFile(
  name: string,
  run: (name: string, place: Place) => Promise<void>,
  processes = 1,
): void {
  Deno.test({ name, ignore: !ASKED, sanitizeOps: false, sanitizeResources: false }, async () => {
    await using bed = await openTestBed();
    await run(name, { bed, kvPaths: Array(processes).fill(bed.kvPath) });
  });
}

/** Says once that the cases on a KV service are left out, when they are. */
export function sayWhatIsLeftOut(): void {
  if (!ASKED || denokvProgram !== null) return;
  console.warn("SKIPPED: the cases on a KV service. No denokv is in PATH, and DENOKV names none");
}
