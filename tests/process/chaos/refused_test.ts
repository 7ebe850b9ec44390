/**
 * A `denokv` that is not there refuses connections. Deno's client then tries each operation again for ever, a few times in a
 * second, and prints each try. So the operations that hang must stay few.
 */
import { assert } from "@std/assert";
import { pause, type ServiceProcess } from "../../support/service_process.ts";
import { onDenokv, play, setting } from "./stage.ts";
import { usageOf } from "./usage.ts";

const AWAY_S = setting("CHAOS_AWAY_S", 10);
/** About 110 were seen. Without a bound on what hangs it is 140 more in each second than in the one before. */
const MOST_LINES_PER_SECOND = 300;
const MOST_MEMORY_MB = 80;

onDenokv(`denokv is killed, and is back after ${AWAY_S} s`, async (name, denokv, place) => {
  let service: ServiceProcess | undefined;
  await play(name, place, async ({ services }) => {
    const [{ pid } = { pid: 0 }] = services;
    service = services[0];
    const before = await usageOf(pid);
    await denokv.kill();
    await pause(AWAY_S * 1000);
    const { cpuMs, memoryMb, descriptors } = await usageOf(pid);
    const cpu = Math.round((cpuMs - before.cpuMs) / AWAY_S / 10);
    console.log(`${name}: CPU ${cpu} %, ${before.memoryMb} to ${memoryMb} MB, ${descriptors} descriptors`);
    assert(memoryMb - before.memoryMb < MOST_MEMORY_MB);
    await denokv.start();
  }, { mayLoseCodes: true, perSecond: 40 });
  const errors = await service?.errors ?? "";
  const lines = errors.split("\n").length - 1;
  console.log(`${name}: ${lines} lines on stderr, ${Math.round(errors.length / 1000)} KB`);
  assert(lines < MOST_LINES_PER_SECOND * AWAY_S, `Deno's client printed ${lines} lines`);
}, 1);
