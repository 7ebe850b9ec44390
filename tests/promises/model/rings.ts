/**
 * The data keys of a race. The operator is changing them: a new key is added to the ring of one process after the other,
 * then put in front, and at last the old one is gone.
 *
 * @module
 */
import { type DataKey, Keyring } from "../../../lib/kv/keyring.ts";

/** The ids of a ring's keys, the first one first. */
export type RingIds = readonly ("k1" | "k2" | "k3")[];

/** The rings of two processes, as they stand beside each other while the operator adds a key and puts it in front. */
export const ROTATION: readonly (readonly [RingIds, RingIds])[] = [
  [["k1"], ["k1"]],
  [["k1"], ["k1", "k2"]],
  [["k1", "k2"], ["k2", "k1"]],
];

const KEYS: readonly DataKey[] = ["k1", "k2", "k3"].map((id) => ({
  id,
  secret: new TextEncoder().encode(id.padEnd(32, "-")),
}));

/**
 * Makes a key ring.
 *
 * @param Ring A key ring with a fault, to see that the model notices.
 */
export function ringOf(ids: RingIds, Ring: typeof Keyring = Keyring): Keyring {
  return new Ring(ids.flatMap((id) => KEYS.filter((key) => key.id === id)));
}

/** Opens what any process has sealed. */
export const keyring: Keyring = ringOf(["k1", "k2", "k3"]);
