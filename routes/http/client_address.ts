/**
 * The address of the client, as the connection and the proxies before the service tell it.
 *
 * @module
 */
import { isInNetworks, parseAddress } from "../../lib/base/networks.ts";
import type { SeenClient, TrustedProxies } from "../../lib/config/proxies.ts";

/** Headers by which proxies name the client. Only `X-Forwarded-For` is ever believed. */
const FORWARDED_FOR = "x-forwarded-for";
const FORWARDING_HEADERS = [FORWARDED_FOR, "forwarded", "x-real-ip"];
const MOST_CHARACTERS = 64;
const MOST_HOPS = 10;
const UNKNOWN = "unknown";
/** An address that is nobody's. */
const MADE_UP = "192.0.2.1";

/**
 * Finds the address of the client. Each proxy adds the address that it was called from at the end of `X-Forwarded-For`, so
 * the end is what trusted proxies wrote, and the front is what anybody may have made up.
 *
 * @param connected The other end of the connection.
 */
export function findClientAddress(
  headers: Headers,
  connected: string | undefined,
  trusted: TrustedProxies,
): string {
  const here = connected ?? UNKNOWN;
  if ("hops" in trusted && trusted.hops === 0) return here;
  const chain = hopsOf(headers);
  if ("hops" in trusted) return chain.at(-trusted.hops) ?? chain[0] ?? here;
  const isTrusted = (hop: string) => {
    const address = parseAddress(hop);
    return address !== null && isInNetworks(address, trusted.networks);
  };
  // From the end, the first that is no trusted proxy is the client.
  return [...chain, here].findLast((hop) => !isTrusted(hop)) ?? chain[0] ?? here;
}

/**
 * Tells how the client of a request is seen, for the operator who sets `TRUST_PROXY`.
 *
 * @param connected The other end of the connection.
 */
export function describeClient(
  headers: Headers,
  connected: string | undefined,
  trusted: TrustedProxies,
): SeenClient {
  const chain = hopsOf(headers);
  const longer = new Headers({ [FORWARDED_FOR]: [MADE_UP, ...chain].join() });
  return {
    address: findClientAddress(headers, connected, trusted),
    connected: connected ?? UNKNOWN,
    forwarded_for: chain.slice(-MOST_HOPS),
    headers: FORWARDING_HEADERS.filter((name) => headers.has(name)),
    can_be_made_up: "hops" in trusted && findClientAddress(longer, connected, trusted) === MADE_UP,
  };
}

/** Returns true when a proxy names a client and is not believed. */
export function ignoresProxy(headers: Headers, trusted: TrustedProxies): boolean {
  return "hops" in trusted && trusted.hops === 0 && FORWARDING_HEADERS.some((name) => headers.has(name));
}

function hopsOf(headers: Headers): string[] {
  return (headers.get(FORWARDED_FOR) ?? "").split(",")
    .map((hop) => hop.trim().slice(0, MOST_CHARACTERS)).filter((hop) => hop !== "");
}
