/**
 * Hosts, as URLs name them.
 *
 * @module
 */

/** Whether a URL leads to this machine itself: nobody listens on the way there. */
export function isThisMachine({ hostname }: URL): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}
