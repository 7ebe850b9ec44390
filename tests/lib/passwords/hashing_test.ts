import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { pbkdf2Sync } from "node:crypto";
import { HashQueue } from "../../../lib/passwords/hash_queue.ts";
import { PASSWORD_ITERATIONS, PasswordHasher } from "../../../lib/passwords/hashing.ts";
import { countHashing } from "../../support/account_requests.ts";

function hasherOf(iterations: number): PasswordHasher {
  return new PasswordHasher({ iterations, queue: new HashQueue(2) });
}

/** Any text that JSON can hold without a loss. */
const anyPassword = fc.string({ unit: "binary", minLength: 1, maxLength: 300 });

Deno.test("PASSWORD_ITERATIONS is 600,000", () => assertEquals(PASSWORD_ITERATIONS, 600_000));

Deno.test("hash() returns a PHC string whose hash another implementation computes too", async () => {
  const hasher = hasherOf(7);
  await fc.assert(fc.asyncProperty(anyPassword, async (password) => {
    const [, name, parameters, salt = "", hash] = (await hasher.hash(password)).split("$");
    assertEquals([name, parameters, Buffer.from(salt, "base64").length], ["pbkdf2-sha256", "i=7,l=32", 16]);
    const expected = pbkdf2Sync(password.normalize("NFC"), Buffer.from(salt, "base64"), 7, 32, "sha256");
    assertEquals(hash, expected.toString("base64").replaceAll("=", ""));
  }));
});

Deno.test("hash() uses a new salt each time, and base64 without padding", async () => {
  const hasher = hasherOf(1);
  const [one, two] = [await hasher.hash("k9 horse"), await hasher.hash("k9 horse")];
  assertNotEquals(one, two);
  assertMatch(one, /^\$pbkdf2-sha256\$i=1,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
});

Deno.test("verify() accepts the password in any Unicode normal form, and no other text", async () => {
  const hasher = hasherOf(1);
  await fc.assert(fc.asyncProperty(anyPassword, anyPassword, async (password, other) => {
    const phc = await hasher.hash(password);
    for (const form of ["NFC", "NFD"]) assert(await hasher.verify(password.normalize(form), phc));
    fc.pre(other.normalize("NFC") !== password.normalize("NFC"));
    // HMAC fills a short key with zeros, so "a" and "a\0" would match. The schemas refuse control characters.
    fc.pre(!other.includes("\0") && !password.includes("\0"));
    assert(!await hasher.verify(other, phc));
  }));
});

Deno.test("verify() costs the same iterations for a right and a wrong password, without a hash, and with an older hash", async () => {
  const hasher = hasherOf(1000);
  const [current, older] = [await hasher.hash("k9 horse"), await hasherOf(400).hash("k9 horse")];
  const work = [];
  for (
    const [password, phc] of [["k9 horse", current], ["k9 hors", current], ["k9 hors", null], [
      "k9 hors",
      older,
    ]] as const
  ) {
    using hashing = countHashing();
    await hasher.verify(password, phc);
    work.push(hashing.iterations);
  }
  assertEquals(work, [1000, 1000, 1000, 1000]);
});

Deno.test("verify() rejects a string that is not a PHC string of ours", async () => {
  const phc = await hasherOf(1).hash("k9 horse");
  for (
    const other of [
      "",
      "k9 horse",
      phc.slice(0, -1),
      phc.replace("i=1", "i=0"),
      phc.replace("pbkdf2", "argon2"),
      `${phc}\n`,
    ]
  ) {
    await assertRejects(() => hasherOf(1).verify("k9 horse", other), TypeError, "Not a PHC string");
  }
});

Deno.test("needsRehash() is true only for fewer iterations than a new hash has", async () => {
  const hasher = hasherOf(10);
  const needs = [];
  for (const iterations of [9, 10, 11]) {
    needs.push(hasher.needsRehash(await hasherOf(iterations).hash("k9 horse")));
  }
  assertEquals(needs, [true, false, false]);
});
