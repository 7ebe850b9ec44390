/**
 * Limits that are counted in the instance, so that they cost no trip to the database.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

const WINDOW_MS = 60_000;
const MOST_CLIENTS = 50_000;

/** Counts events by client, in windows of one minute that start with the client's first event. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #windows = new Map<string, { count: number; readonly endsAt: number }>();

  /**
   * Starts with nothing counted.
   *
   * @param perMinute Events that one client may have in a minute; 0: any number.
   */
  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /**
   * Counts one event.
   *
   * @returns 0 when it is within the limit; otherwise the whole seconds until the client's next one is.
   */
  take(client: string): number {
    if (this.#perMinute === 0) return 0;
    const now = this.#clock.now();
    const window = this.#windows.get(client);
    if (window === undefined || window.endsAt <= now) {
      this.#forget(now);
      this.#windows.set(client, { count: 1, endsAt: now + WINDOW_MS });
      return 0;
    }
    window.count++;
    return window.count <= this.#perMinute ? 0 : Math.ceil((window.endsAt - now) / 1000);
  }

  /**
   * Drops the windows that are over, and the oldest beyond the bound: memory stays bounded whoever calls. The map
   * is in order of their ends, as every window that is over goes before one is set.
   */
  #forget(now: number): void {
    for (const [client, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size < MOST_CLIENTS) return;
      this.#windows.delete(client);
    }
  }
}

/**
 * The client that an address stands for: an IPv6 subscriber has a whole /64.
 *
 * @param address As the connection or a proxy gave it.
 */
export function clientOf(address: string): string {
  const [, bare = address] = /^\[([^\]]*)\](?::\d+)?$/.exec(address) ?? /^([\d.]+):\d+$/.exec(address) ?? [];
  const [plain = ""] = bare.split("%");
  const url = `http://[${plain}]`;
  if (!/^[0-9a-f:.]+$/i.test(plain) || !URL.canParse(url)) return bare;
  // A URL has one spelling of every IPv6 address, whatever a proxy wrote.
  const host = new URL(url).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(host) ?? [];
  if (high !== undefined && low !== undefined) return dotted(parseInt(high, 16), parseInt(low, 16));
  const [left = [], right = []] = host.split("::").map((half) => half === "" ? [] : half.split(":"));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
