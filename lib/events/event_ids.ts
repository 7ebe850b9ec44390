/**
 * The ids of events. They sort as the events happen.
 *
 * @module
 */
import { randomBytes } from "node:crypto";

let lastMs = 0;
let sequence = 0;

/**
 * Returns the id of a record of events: `evt_`, 12 hexadecimal digits of time, 4 that count the records of one
 * millisecond in this process, 14 random ones, and `00`. So events of one process sort as they happen.
 *
 * @param now Milliseconds since the epoch.
 */
export function newEventsId(now: number): string {
  sequence = now === lastMs ? (sequence + 1) % 0x10000 : 0;
  lastMs = now;
  return `evt_${hex(now, 12)}${hex(sequence, 4)}${randomBytes(7).toString("hex")}00`;
}

/**
 * Returns the id of one event of a record.
 *
 * @param index The place of the event in its record, 0 to 255.
 */
export function eventIdOf(recordId: string, index: number): string {
  return recordId.slice(0, -2) + hex(index, 2);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
