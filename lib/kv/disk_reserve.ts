/**
 * The disk of a database file, when it becomes full.
 *
 * Deno's database removes expired records in a thread of its own, and ends the process when it cannot: on a full disk within
 * a minute, and each restart does the same. So a file beside the database keeps some room. When the disk is full, that file
 * is removed, and nothing but expiry is written until there is room for it again.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { describeError, type Log } from "../base/log.ts";

/** The most bytes of the reserve: twice what SQLite's write-ahead log has before it is written back. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A small disk gives up this part of itself. */
const PART = 1 / 8;
/** So many bytes are enough to open the database, and are written soon. */
const OPENING_BYTES = 512 * 1024;
const CHUNK = 65_536;
/** Milliseconds between two looks at the disk. */
const LOOK_EVERY_MS = 5000;
/** Milliseconds from the start to the first look, which loads what a start does not need. */
const FIRST_LOOK_MS = 1000;

/** The room of a disk, in bytes. */
export interface Room {
  /** What is free. */
  readonly free: number;
  /** The size of the disk. */
  readonly total: number;
}

/** What the connection to the database knows of its disk. */
export interface Disk {
  /** Whether the disk is full: nothing is to be written. */
  readonly full: boolean;
  /** Notes that a write has failed because the disk is full. */
  noteFull(): void;
}

/** What a {@linkcode DiskReserve} is made of. */
export interface DiskReserveOptions {
  /** The file of the database. */
  readonly path: string;
  /** Times the looks at the disk. */
  readonly clock: Clock;
  /** Gets the events `disk_full`, `disk_has_room` and `no_disk_reserve`. */
  readonly log: Log;
  /** Returns the room of the disk, or null when nobody may know it. Only tests have another than the system's. */
  readonly roomOf?: (path: string) => Promise<Room | null>;
}

/** Keeps some room on the disk of a database file. */
export class DiskReserve implements Disk {
  readonly #options: DiskReserveOptions;
  readonly #reserve: string;
  readonly #new: string;
  #full = false;
  #told = false;

  /** Takes no room yet. */
  constructor(options: DiskReserveOptions) {
    this.#options = options;
    [, this.#reserve, this.#new] = filesOf(options.path);
  }

  /** Whether the disk is full: nothing is to be written. */
  get full(): boolean {
    return this.#full;
  }

  /** Gives the reserve up when the disk is full. Call it before the database is opened, which would end the process. */
  async beforeOpen(): Promise<void> {
    const size = sizeOf(this.#reserve);
    if (size === 0) return;
    await writeFile(this.#new, Math.min(OPENING_BYTES, size / 2)).catch(() => this.noteFull());
    remove(this.#new);
  }

  /** Looks at the disk now and then, as long as the process runs. */
  watch(): void {
    this.#lookAfter(FIRST_LOOK_MS);
  }

  /** Gives the reserve up, and lets nothing be written until there is room for it again. */
  noteFull(): void {
    remove(this.#reserve);
    if (this.#full) return;
    this.#full = true;
    const detail =
      "The disk of the database is full: nothing is written until there is room. What is stored is still read";
    this.#options.log("error", "disk_full", { detail });
  }

  /** Looks at the disk: gives the reserve up, or makes it. Other processes on the same file do the same. */
  async look(): Promise<void> {
    const { path, roomOf = roomOfDisk } = this.#options;
    const room = await roomOf(path);
    const size = Math.floor(Math.min(MOST_BYTES, room === null ? MOST_BYTES : room.total * PART));
    const least = size / 2;
    const free = room?.free ?? Infinity;
    if (sizeOf(this.#reserve) > 0) {
      if (free < least) this.noteFull();
      else this.#noteRoom();
    } else if (free < size + least) this.noteFull();
    else await this.#make(size);
  }

  async #make(size: number): Promise<void> {
    try {
      await writeFile(this.#new, size);
      Deno.renameSync(this.#new, this.#reserve);
      this.#noteRoom();
    } catch (error) {
      remove(this.#new);
      if (this.#full || this.#told) return;
      this.#told = true;
      this.#options.log("warning", "no_disk_reserve", describeError(error));
    }
  }

  #noteRoom(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#options.log("info", "disk_has_room", {});
  }

  #lookAfter(ms: number): void {
    this.#options.clock.after(ms, () => {
      this.look().catch((error) => this.#options.log("warning", "no_disk_reserve", describeError(error)))
        .finally(() => this.#lookAfter(LOOK_EVERY_MS));
    });
  }
}

/** Returns the files that a process has to read and write for a database file: itself, the reserve, and one in the making. */
export function filesOf(path: string): [string, string, string] {
  return [path, `${path}-reserve`, `${path}-reserve.new`];
}

async function roomOfDisk(path: string): Promise<Room | null> {
  if (Deno.permissions.querySync({ name: "sys", kind: "statfs" as "uid" }).state !== "granted") return null;
  const { statfs } = await import("node:fs/promises");
  const { bavail, blocks, bsize } = await statfs(path);
  return { free: bavail * bsize, total: blocks * bsize };
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** Writes bytes that a file system cannot make smaller. */
async function writeFile(path: string, size: number): Promise<void> {
  const chunk = crypto.getRandomValues(new Uint8Array(CHUNK));
  using file = await Deno.open(path, { write: true, create: true, truncate: true, mode: 0o600 });
  for (let written = 0; written < size;) {
    written += await file.write(chunk.subarray(0, Math.ceil(size - written)));
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch { /* There is none. */ }
}
