/**
 * IP addresses and the networks that they are in.
 *
 * @module
 */

/** A network: the addresses whose first bits are those of `address`. */
export interface Network {
  /** An address of the network, as 128 bits. */
  readonly address: bigint;
  /** The number of bits that are the same in all its addresses, of 128. */
  readonly bits: number;
}

/** The bits of an IPv4 address inside IPv6, before its own 32: `::ffff:0:0/96` (RFC 4291, 2.5.5.2). */
const MAPPED = 0xffffn << 32n;
const ALL_BITS = 128;

/**
 * Reads an IPv4 or IPv6 address as 128 bits. Brackets, a port and a zone are left out.
 *
 * @returns Null when the text is no address.
 */
export function parseAddress(text: string): bigint | null {
  const [, bare = text] = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? /^([\d.]+):\d+$/.exec(text) ?? [];
  const [plain = ""] = bare.split("%");
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(plain)) {
    const bytes = plain.split(".").map(Number);
    return bytes.some((byte) => byte > 255)
      ? null
      : MAPPED | bytes.reduce((address, byte) => address << 8n | BigInt(byte), 0n);
  }
  const url = `http://[${plain}]`;
  if (!/^[0-9a-f:.]+$/i.test(plain) || !plain.includes(":") || !URL.canParse(url)) return null;
  // A URL has one spelling of each IPv6 address.
  const host = new URL(url).hostname.slice(1, -1);
  const [left = [], right = []] = host.split("::").map((half) => half === "" ? [] : half.split(":"));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].reduce((address, group) => address << 16n | BigInt(`0x${group}`), 0n);
}

/**
 * Reads a network in CIDR form, such as `10.0.0.0/8`, or a single address.
 *
 * @returns Null when the text is none.
 */
export function parseNetwork(text: string): Network | null {
  const [, base = "", length] = /^([0-9a-f:.]+?)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const address = parseAddress(base);
  if (address === null) return null;
  const most = base.includes(":") ? ALL_BITS : 32;
  const bits = length === undefined ? most : Number(length);
  return bits > most ? null : { address, bits: ALL_BITS - most + bits };
}

/** Returns true when an address, as `parseAddress` reads it, is in one of the networks. */
export function isInNetworks(address: bigint, networks: readonly Network[]): boolean {
  return networks.some((network) => {
    const others = BigInt(ALL_BITS - network.bits);
    return address >> others === network.address >> others;
  });
}
