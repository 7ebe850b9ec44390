/**
 * Random numbers with a seed, so that a test can be played again.
 *
 * @module
 */

/** A random generator with a seed (mulberry32): the same seed gives the same numbers, from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets all ids, nonces and random numbers of this process come from a seed, until it is disposed of. */
export function seedProcess(seed: number): Disposable {
  const random = seeded(seed);
  const { getRandomValues, randomUUID } = crypto;
  const { random: mathRandom } = Math;
  // `randomBytes` of node:crypto uses it too.
  crypto.getRandomValues = (array) => {
    const { buffer, byteOffset, byteLength } = array as unknown as Uint8Array;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = 256 * random();
    return array;
  };
  crypto.randomUUID = () => {
    const hex = Array.from({ length: 32 }, () => Math.floor(16 * random()).toString(16)).join("");
    const [, a, b, c, d, e] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/.exec(hex)!;
    return `${a}-${b}-4${c}-a${d}-${e}`;
  };
  Math.random = random;
  return {
    [Symbol.dispose]() {
      Object.assign(crypto, { getRandomValues, randomUUID });
      Math.random = mathRandom;
    },
  };
}
