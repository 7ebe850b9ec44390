/**
 * What can go wrong in a drawn plan of overload: with the database, with Amazon, with the processes, and with the number
 * of devices.
 *
 * @module
 */
import type { Crowd } from "../../support/crowd.ts";
import type { Slowness } from "../../support/slow_kv.ts";

/** The kinds of disturbances. */
export const KINDS = [
  "burst",
  "stands still",
  "slow",
  "one connection goes silent",
  "slow now and then",
  "refuses connections",
  "reads are slow",
  "stands still again and again",
  "processes die",
  "connections go silent",
  "writes are slow",
  "rolling restart",
  "fails",
  "Amazon is slow",
  "Amazon hangs",
  "Amazon refuses",
] as const;

/** A kind of disturbance. */
export type Kind = typeof KINDS[number];

/** A disturbance. */
export interface Disturbance {
  readonly kind: Kind;
  /** When it begins, in milliseconds after the first one. */
  readonly at: number;
  readonly ms: number;
  /** From 0 up to 1: the strength, or the process that it happens to. */
  readonly part: number;
}

/** The kinds during which it is known what the database can do. */
export const MEASURED: readonly Kind[] = [
  "burst",
  "slow",
  "slow now and then",
  "reads are slow",
  "writes are slow",
];

/**
 * The kinds that can cost a code: Amazon's answer to a token request does not come, or dies with the process that asked; or
 * that process cannot store the token while the device asks another one.
 */
export const LOSES_CODES: readonly Kind[] = [
  "processes die",
  "rolling restart",
  "Amazon hangs",
  "Amazon is slow",
  "one connection goes silent",
  "connections go silent",
  "refuses connections",
  "fails",
];

/** A database that is slow now and then changes after so many milliseconds. */
const CHANGES_MS = 2000;
/** A database that stands still again and again does so for this time, and works for as long. */
const STILL_MS = 1000;

/** Returns how many times as long the operations take at a moment. */
export function slownessAt({ kind, at, ms, part }: Disturbance, time: number): Slowness {
  const factor = 2 + 9 * part;
  const none = { reads: 1, commits: 1 };
  if (time < at || time >= at + ms) return none;
  switch (kind) {
    case "slow":
      return { reads: factor, commits: factor };
    case "slow now and then":
      return (time - at) % (2 * CHANGES_MS) < CHANGES_MS ? { reads: factor, commits: factor } : none;
    case "reads are slow":
      return { ...none, reads: 2 * factor };
    case "writes are slow":
      return { ...none, commits: factor };
    default:
      return none;
  }
}

/** Returns how many more devices come in a second at a moment, as a part of the capacity. */
export function burstAt({ kind, at, ms, part }: Disturbance, time: number): number {
  return kind === "burst" && time >= at && time < at + ms ? 2 + 2.5 * part : 0;
}

/** Begins a disturbance, but for its slowness. Returns what ends it. */
export function begin(crowd: Crowd, { kind, ms, part }: Disturbance): () => void {
  const { server, processes, amazon, clock } = crowd;
  const one = processes[Math.floor(part * processes.length)]!;
  const nothing = () => {};
  const clear = () => (amazon.trouble = null);
  switch (kind) {
    case "stands still":
      server.standStill(ms);
      return nothing;
    case "stands still again and again":
      for (let at = 0; at < ms; at += 2 * STILL_MS) clock.after(at, () => server.standStill(STILL_MS));
      return nothing;
    case "refuses connections":
      server.refuse(ms);
      return nothing;
    case "fails":
      server.fail(ms);
      return nothing;
    case "one connection goes silent":
      one.goSilent();
      return () => one.mend();
    case "connections go silent":
      for (const process of processes) process.goSilent();
      return () => processes.forEach((process) => process.mend());
    case "processes die": {
      const dying = processes.slice(0, Math.ceil((part + 0.1) * processes.length));
      for (const process of dying) process.kill();
      return () => dying.forEach((process) => process.start());
    }
    case "rolling restart":
      processes.forEach((process, i) => {
        clock.after(i * ms / processes.length, () => {
          process.kill();
          clock.after(Math.min(500, ms / processes.length / 2), () => process.start());
        });
      });
      return nothing;
    case "Amazon is slow":
      amazon.trouble = { is: "slow", ms: 300 + 2000 * part };
      return clear;
    case "Amazon hangs":
      amazon.trouble = { is: "hangs" };
      return clear;
    case "Amazon refuses":
      amazon.trouble = { is: "refuses" };
      return clear;
    default:
      return nothing;
  }
}
