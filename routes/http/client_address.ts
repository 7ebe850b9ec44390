/**
 * The address of the client, as the connection and the proxies before the service tell it.
 *
 * @module
 */
import { isInNetworks, parseAddress } from "../../lib/base/networks.ts";
import type { TrustedProxies } from "../../lib/config/proxies.ts";

/** Headers by which proxies name the client. Only `X-Forwarded-For` is ever believed. */
const FORWARDING_HEADERS = ["x-forwarded-for", "forwarded", "x-real-ip"];
const MOST_CHARACTERS = 64;

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
  const here = connected ?? "unknown";
  if ("hops" in trusted && trusted.hops === 0) return here;
  const chain = (headers.get("x-forwarded-for") ?? "").split(",")
    .map((hop) => hop.trim().slice(0, MOST_CHARACTERS)).filter((hop) => hop !== "");
  if ("hops" in trusted) return chain.at(-trusted.hops) ?? chain[0] ?? here;
  const isTrusted = (hop: string) => {
    const address = parseAddress(hop);
    return address !== null && isInNetworks(address, trusted.networks);
  };
  // From the end, the first that is no trusted proxy is the client.
  return [...chain, here].findLast((hop) => !isTrusted(hop)) ?? chain[0] ?? here;
}

/** Returns true when a proxy names a client and is not believed. */
export function ignoresProxy(headers: Headers, trusted: TrustedProxies): boolean {
  return "hops" in trusted && trusted.hops === 0 && FORWARDING_HEADERS.some((name) => headers.has(name));
}
