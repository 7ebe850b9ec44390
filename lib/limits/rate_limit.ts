/**
 * Rate limits that are counted in the instance, so they cost no trip to the database.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

const WINDOW_MS = 60_000;
const MOST_CLIENTS = 50_000;

/** Counts events by client, in windows of one minute. The first event of a client starts its window. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #windows = new Map<string, { count: number; readonly endsAt: number }>();

  /**
   * Makes a limit without counts.
   *
   * @param perMinute The events that one client may have in a minute; 0: any number.
   */
  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /**
   * Counts one event.
   *
   * @returns 0 when the event is within the limit; otherwise the whole seconds until the client's next window.
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
   * Tells how long a client has to wait, without counting an event.
   *
   * @returns 0 when another event would be within the limit; otherwise the whole seconds until the client's next window.
   */
  wait(client: string): number {
    const now = this.#clock.now();
    const window = this.#windows.get(client);
    if (this.#perMinute === 0 || window === undefined || window.endsAt <= now) return 0;
    return window.count < this.#perMinute ? 0 : Math.ceil((window.endsAt - now) / 1000);
  }

  /**
   * Removes the windows that are over, and the oldest ones beyond the bound, so that memory stays bounded. The map is in
   * the order of the windows' ends, since a new window is set only after the ended ones were removed.
   */
  #forget(now: number): void {
    for (const [client, { endsAt }] of this.#windows) {
      if (endsAt > now && this.#windows.size < MOST_CLIENTS) return;
      this.#windows.delete(client);
    }
  }
}

/**
 * Finds the client that an address stands for. A subscriber of IPv6 has a whole /64, so only that part counts.
 *
 * @param address The address, as the connection or a proxy gave it.
 */
export function clientOf(address: string): string {
  const [, bare = address] = /^\[([^\]]*)\](?::\d+)?$/.exec(address) ?? /^([\d.]+):\d+$/.exec(address) ?? [];
  const [plain = ""] = bare.split("%");
  const url = `http://[${plain}]`;
  if (!/^[0-9a-f:.]+$/i.test(plain) || !URL.canParse(url)) return bare;
  // A URL has one spelling of each IPv6 address; proxies have several.
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
