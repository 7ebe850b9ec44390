/**
 * Reads `TRUST_PROXY`: which proxies are believed when they name the address of a client, and what comes of it.
 *
 * @module
 */
import { z } from "zod";
import { type Network, parseNetwork } from "../base/networks.ts";

/** The proxies whose word counts in `X-Forwarded-For`: so many hops before the service, or those of some networks. */
export type TrustedProxies = { readonly hops: number } | { readonly networks: readonly Network[] };

/** How the service sees the client of a request, for the operator who sets `TRUST_PROXY`. */
export interface SeenClient {
  /** The address that limits count the request for. */
  readonly address: string;
  /** The other end of the connection: the client or the last proxy. */
  readonly connected: string;
  /** The hops of `X-Forwarded-For`, at most 10. */
  readonly forwarded_for: readonly string[];
  /** The headers by which proxies have named a client. */
  readonly headers: readonly string[];
  /** Whether more hops are trusted than there are, so that a client is taken for what it says. */
  readonly can_be_made_up: boolean;
}

/**
 * Reads `true` (one hop), `false` (none), the number of hops, or networks separated by commas.
 * @internal
 */
export const trustedProxies = z.string().transform((text, context): TrustedProxies => {
  if (text === "true") return { hops: 1 };
  if (text === "false") return { hops: 0 };
  if (/^\d$/.test(text)) return { hops: Number(text) };
  const networks = text.split(",").map((network) => parseNetwork(network.trim()));
  if (!/^\d+$/.test(text) && networks.every((network) => network !== null)) return { networks };
  context.addIssue(
    "must be true, false, the number of proxies (0 to 9), or networks like 10.0.0.0/8,fd00::/8",
  );
  return z.NEVER;
});
