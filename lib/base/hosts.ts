/**
 * Host names in URLs.
 *
 * @module
 */

/** Returns true when a URL's host is this machine. Such a connection needs no TLS: it never leaves the machine. */
export function isThisMachine({ hostname }: URL): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
