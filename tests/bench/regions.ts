/**
 * Measures sign-ins far from the database.
 *
 * @module
 */
import { ONECLICK, script, serviceEnvironment } from "./contestants.ts";
import { drive } from "./driver.ts";
import { AMAZON_MS, Arena, callsOf, type Customers, type Effort, median, signIns } from "./measure.ts";

/** The regions of the service, with the milliseconds of a trip to the database. */
export const REGIONS = [
  { region: "Virginia", strongMs: 7, eventualMs: 7 },
  { region: "Frankfurt", strongMs: 94, eventualMs: 7 },
  { region: "Hong Kong", strongMs: 194, eventualMs: 42 },
] as const;

/**
 * Measures the median sign-in in simulated regions, with 40 ms for each call to Amazon. `tripsMs` is the sum of its trips,
 * measured on this machine, where a timer of 7 ms takes 8.
 */
export async function regions(
  { effort }: { effort: Effort },
): Promise<{ region: string; customers: Customers; p50: number; tripsMs: number }[]> {
  await using arena = await Arena.open(AMAZON_MS);
  const amazon = (await drive(callsOf(arena), { connections: 1, seconds: effort.seconds })).p50;
  const results = [];
  for (const { region, strongMs, eventualMs } of REGIONS) {
    const [strong, eventual] = [await timerMs(strongMs), await timerMs(eventualMs)];
    const env = { ...serviceEnvironment(arena.place), KV_PATH: `${arena.place.folder}/${region}.kv` };
    const args = script("delayed_service.ts", String(strongMs), String(eventualMs));
    const { url } = await arena.start({ args, env });
    for (const customers of ["new", "returning"] as const) {
      // The first requests make the customers, and warm the server up.
      await drive({ url, request: signIns(ONECLICK, customers) }, { connections: 64, seconds: 5 });
      const own: number[] = [];
      for (let round = 0; round < effort.rounds; round++) {
        const request = signIns(ONECLICK, customers);
        own.push((await drive({ url, request }, { connections: 1, seconds: effort.seconds * 2 })).p50);
      }
      const reads = customers === "new" ? 1 : 2;
      results.push({
        region,
        customers,
        p50: median(own),
        tripsMs: 2 * strong + reads * eventual + 2 * amazon,
      });
    }
  }
  return results;
}

/** Measures the milliseconds that a timer of `ms` takes: the median. */
async function timerMs(ms: number): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < 15; i++) {
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, ms));
    taken.push(performance.now() - start);
  }
  return median(taken);
}
