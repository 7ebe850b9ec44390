/**
 * What a process uses of the machine, as Linux tells it.
 *
 * @module
 */

/** What a process uses. */
export interface Usage {
  /** Milliseconds of CPU since its start. */
  readonly cpuMs: number;
  /** Megabytes of memory. */
  readonly memoryMb: number;
  /** Open descriptors. */
  readonly descriptors: number;
}

/** A tick of the clock by which Linux counts CPU, in milliseconds. */
const TICK_MS = 10;

/** Reads what the process with this id uses now. */
export async function usageOf(pid: number): Promise<Usage> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // The name of the process comes before, in parentheses, and may have spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [, kilobytes = "0"] = /VmRSS:\s+(\d+)/.exec(await Deno.readTextFile(`/proc/${pid}/status`)) ?? [];
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    memoryMb: Math.round(Number(kilobytes) / 1024),
    descriptors: Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).length,
  };
}
