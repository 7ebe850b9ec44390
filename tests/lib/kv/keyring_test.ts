import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hashSecret, Keyring, SealError } from "../../../lib/kv/keyring.ts";

const A = { id: "a", secret: new Uint8Array(32).fill(1) };
const B = { id: "key-B_2", secret: new Uint8Array(32).fill(2) };

/** Any text that UTF-8 can hold. */
const text = fc.string({ unit: "binary", maxLength: 100 });
/** Any text at all, lone surrogates included. */
const anyText = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
  .map((units) => String.fromCharCode(...units));
const proof = fc.option(text, { nil: undefined });

Deno.test("Keyring open gives back what was sealed for the same place and proof", () => {
  const ring = new Keyring([A]);
  fc.assert(fc.property(text, text, proof, (plain, place, held) => {
    assertEquals(ring.open(ring.seal(plain, place, held), place, held), plain);
  }));
});

Deno.test("Keyring open gives U+FFFD for a lone surrogate, which UTF-8 cannot hold, and nothing else changes", () => {
  const ring = new Keyring([A]);
  assertEquals(ring.open(ring.seal("a\ud800b\udfff", "p"), "p"), "a\ufffdb\ufffd");
  fc.assert(fc.property(anyText, (plain) => {
    assertEquals(ring.open(ring.seal(plain, "p"), "p"), plain.toWellFormed());
    // As records are: JSON escapes lone surrogates, so they come back whole.
    assertEquals(JSON.parse(ring.open(ring.seal(JSON.stringify(plain), "p"), "p")), plain);
  }));
});

Deno.test("Keyring open refuses another place", () => {
  const ring = new Keyring([A]);
  fc.assert(fc.property(text, text, text, proof, (plain, place, other, held) => {
    fc.pre(place !== other);
    assertThrows(() => ring.open(ring.seal(plain, place, held), other, held), SealError, "another place");
  }));
});

Deno.test("Keyring open refuses another proof, and one where there was none or none where there was one", () => {
  const ring = new Keyring([A]);
  fc.assert(fc.property(text, proof, proof, (plain, held, other) => {
    fc.pre(held !== other);
    assertThrows(() => ring.open(ring.seal(plain, "p", held), "p", other), SealError, "another proof");
  }));
  assertThrows(() => ring.open(ring.seal("x", "p", ""), "p"), SealError);
});

Deno.test("Keyring open refuses bytes of which any one bit was flipped", () => {
  const ring = new Keyring([A, B]);
  for (const held of [undefined, "proof"]) {
    const sealed = ring.seal("plain text", "place", held);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = sealed.with(bit >> 3, (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      assertThrows(() => ring.open(changed, "place", held), SealError);
    }
  }
});

Deno.test("Keyring open refuses bytes that were cut, lengthened or never sealed", () => {
  const ring = new Keyring([A]);
  const sealed = ring.seal("plain text", "place");
  for (let length = 0; length < sealed.length; length++) {
    assertThrows(() => ring.open(sealed.slice(0, length), "place"), SealError);
  }
  assertThrows(() => ring.open(new Uint8Array([...sealed, 0]), "place"), SealError);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    assertThrows(() => ring.open(bytes, "place"), SealError);
  }));
});

Deno.test("Keyring open refuses what a key of the same id and another secret sealed", () => {
  const impostor = new Keyring([{ id: A.id, secret: B.secret }]);
  assertThrows(() => new Keyring([A]).open(impostor.seal("x", "p"), "p"), SealError, "changed since");
});

Deno.test("Keyring open refuses a key id that it does not know", () => {
  const sealed = new Keyring([B]).seal("x", "p");
  assertThrows(() => new Keyring([A]).open(sealed, "p"), SealError, "Not sealed by a key of this ring");
});

Deno.test("Keyring open says nothing of place, proof or text when it refuses", () => {
  const ring = new Keyring([A]);
  const sealed = ring.seal("canary text", "canary place", "canary proof");
  const error = assertThrows(() => ring.open(sealed, "canary elsewhere", "canary other"), SealError);
  assertEquals(`${error.message} ${error.stack}`.includes("canary"), false);
  assertEquals(error.cause, undefined);
});

Deno.test("Keyring seal gives other bytes each time, and none of its text", () => {
  const ring = new Keyring([A]);
  const first = ring.seal("plain text", "place");
  assertNotEquals(first, ring.seal("plain text", "place"));
  assertEquals(new TextDecoder("latin1").decode(first).includes("plain"), false);
  // Format, length of the id, id, nonce, text, tag.
  assertEquals(first.length, 1 + 1 + 1 + 12 + 10 + 16);
});

Deno.test("Keyring rotation opens and looks up everything at every step", () => {
  const steps = [[A], [A, B], [B, A]].map((keys) => new Keyring(keys));
  for (const [sealing, before] of steps.entries()) {
    const sealed = before.seal("plain text", "place", "proof");
    const [stored] = before.blindIndexes("email", "a@example.com");
    // While keys are being rotated, instances with the ring before and the ring after run side by side.
    for (const after of steps.slice(Math.max(0, sealing - 1))) {
      assertEquals(after.open(sealed, "place", "proof"), "plain text");
      assert(after.blindIndexes("email", "a@example.com").includes(stored));
    }
  }
  const [first, , last] = steps;
  assertThrows(() => first?.open(last?.seal("x", "p") ?? new Uint8Array(), "p"), SealError);
});

Deno.test("Keyring blindIndexes are one for each key, that of the first key first", () => {
  const [ofA, ...none] = new Keyring([A]).blindIndexes("email", "a@example.com");
  const [ofB] = new Keyring([B]).blindIndexes("email", "a@example.com");
  assertEquals(none, []);
  assertNotEquals(ofA, ofB);
  assertEquals(new Keyring([A, B]).blindIndexes("email", "a@example.com"), [ofA, ofB]);
  assertEquals(new Keyring([B, A]).blindIndexes("email", "a@example.com"), [ofB, ofA]);
});

Deno.test("Keyring blindIndexes tell values and kinds apart and show neither", () => {
  const ring = new Keyring([A]);
  const [index] = ring.blindIndexes("email", "a@example.com");
  assertMatch(index, /^[A-Za-z0-9_-]{43}$/);
  assertNotEquals(ring.blindIndexes("email", "b@example.com"), [index]);
  assertNotEquals(ring.blindIndexes("amazon_user", "a@example.com"), [index]);
  assertEquals(ring.blindIndexes("email", "a@example.com"), [index]);
});

Deno.test("Keyring throws a RangeError without a key", () => {
  assertThrows(() => new Keyring([]), RangeError, "A key ring needs a key");
});

Deno.test("hashSecret is SHA-256 in base64url", () => {
  // FIPS 180-2, appendix B.1.
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(Uint8Array.fromBase64(hashSecret("abc"), { alphabet: "base64url" }).toHex(), abc);
});
