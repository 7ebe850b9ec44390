/** Passwords at rest, the queue in which they are hashed, and which ones are taken. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import { pbkdf2Sync } from "node:crypto";
import { HashQueue } from "../../../lib/passwords/hash_queue.ts";
import { PASSWORD_ITERATIONS, PasswordHasher } from "../../../lib/passwords/hashing.ts";
import { findPasswordFault } from "../../../lib/passwords/policy.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { countHashing } from "../../support/account_requests.ts";

function hasherOf(iterations: number): PasswordHasher {
  return new PasswordHasher({ iterations, queue: new HashQueue(2) });
}

/** Any text that JSON can carry whole. */
const anyPassword = fc.string({ unit: "binary", minLength: 1, maxLength: 300 });

Deno.test("PASSWORD_ITERATIONS is 600,000", () => assertEquals(PASSWORD_ITERATIONS, 600_000));

Deno.test("hash gives a PHC string whose hash another implementation computes too", async () => {
  const hasher = hasherOf(7);
  await fc.assert(fc.asyncProperty(anyPassword, async (password) => {
    const [, name, parameters, salt = "", hash] = (await hasher.hash(password)).split("$");
    assertEquals([name, parameters, Buffer.from(salt, "base64").length], ["pbkdf2-sha256", "i=7,l=32", 16]);
    const expected = pbkdf2Sync(password.normalize("NFC"), Buffer.from(salt, "base64"), 7, 32, "sha256");
    assertEquals(hash, expected.toString("base64").replaceAll("=", ""));
  }));
});

Deno.test("hash gives another salt each time, and base64 without padding", async () => {
  const hasher = hasherOf(1);
  const [one, two] = [await hasher.hash("k9 horse"), await hasher.hash("k9 horse")];
  assertNotEquals(one, two);
  assertMatch(one, /^\$pbkdf2-sha256\$i=1,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
});

Deno.test("verify takes the password in any normal form and no other text", async () => {
  const hasher = hasherOf(1);
  await fc.assert(fc.asyncProperty(anyPassword, anyPassword, async (password, other) => {
    const phc = await hasher.hash(password);
    for (const form of ["NFC", "NFD"]) assert(await hasher.verify(password.normalize(form), phc));
    fc.pre(other.normalize("NFC") !== password.normalize("NFC"));
    // HMAC fills a short key with zeros, so that these would be one password: schemas take no control characters.
    fc.pre(!other.includes("\0") && !password.includes("\0"));
    assert(!await hasher.verify(other, phc));
  }));
});

Deno.test("verify takes the same iterations whether it matches a hash, does not, or has none or an older one", async () => {
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

Deno.test("verify rejects what is no PHC string of ours", async () => {
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

Deno.test("needsRehash is true for fewer iterations than today's alone", async () => {
  const hasher = hasherOf(10);
  const needs = [];
  for (const iterations of [9, 10, 11]) {
    needs.push(hasher.needsRehash(await hasherOf(iterations).hash("k9 horse")));
  }
  assertEquals(needs, [true, false, false]);
});

Deno.test("HashQueue runs as many at once as there are cores, the rest in order of arrival", async () => {
  const queue = new HashQueue(2);
  const started: number[] = [];
  const gates = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const all = gates.map((gate, i) =>
    queue.run(() => {
      started.push(i);
      return gate.promise;
    })
  );
  await turn();
  assertEquals(started, [0, 1]);
  gates[1]?.resolve(1);
  await turn();
  assertEquals(started, [0, 1, 2]);
  gates[0]?.reject(new RangeError("A failure hands its turn on too"));
  await assertRejects(() => all[0] as Promise<number>, RangeError);
  await turn();
  assertEquals(started, [0, 1, 2, 3]);
  for (const [i, gate] of gates.entries()) gate.resolve(i);
  assertEquals(await Promise.all(all.slice(1)), [1, 2, 3, 4]);
});

Deno.test("HashQueue never runs more than there are cores, however work comes and ends", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 }),
    async (cores, lengths) => {
      const queue = new HashQueue(cores);
      let running = 0;
      let most = 0;
      const work = async (turns: number) => {
        most = Math.max(most, ++running);
        for (let i = 0; i < turns; i++) await Promise.resolve();
        running--;
      };
      // Each is followed by another, which comes while some wait and some run.
      await Promise.all(lengths.map(async (turns) => {
        await queue.run(() => work(turns));
        await queue.run(() => work(turns));
      }));
      assertEquals(most, Math.min(cores, lengths.length));
    },
  ));
});

Deno.test("HashQueue turns away what would wait behind 16 for each core, at once and without starting it", async () => {
  const queue = new HashQueue(2);
  const gate = Promise.withResolvers<void>();
  const all = Array.from({ length: 2 + 2 * 16 }, () => queue.run(() => gate.promise));
  let started = false;
  const refused = await assertRejects(
    () => queue.run(() => Promise.resolve(started = true)),
    Problem,
  );
  assertEquals([refused.code, refused.details.retryAfter, started], ["rate_limited", 2, false]);
  gate.resolve();
  await Promise.all(all);
  assert(await queue.run(() => Promise.resolve(started = true)));
});

Deno.test("findPasswordFault counts code points of NFC: 8 to 256", async () => {
  const context = { email: "vera@example.com", appName: "Oneclick" };
  const faultOf = (password: string) => findPasswordFault(password, context);
  assertEquals(await faultOf("k9 hors"), "Must have at least 8 characters");
  assertEquals(await faultOf("k9 horse"), null);
  assertEquals(await faultOf("e\u0301k9 hors"), null);
  assertEquals(await faultOf("e\u0301k9 hor"), "Must have at least 8 characters");
  assertEquals(await faultOf("\u{1F40E}k".repeat(128)), null);
  assertEquals(await faultOf("\u{1F40E}k".repeat(128) + "k"), "Must have at most 256 characters");
});

Deno.test("findPasswordFault refuses what is made of the email or APP_NAME, and not what merely has a part of them", async () => {
  const context = { email: "max.hall@horse.example", appName: "Quick Flix" };
  for (
    const password of [
      "max.hall@horse.example",
      "MAX.HALL1984",
      "1horse.example",
      "quick flix 2026",
      "horsehorse1",
      "quick flix max.hall",
    ]
  ) {
    assertEquals(
      await findPasswordFault(password, context),
      "Must not be made of the email or the name of the app",
      password,
    );
  }
  for (const password of ["correct horse battery", "maximum security", "quick flixation theory"]) {
    assertEquals(await findPasswordFault(password, context), null, password);
  }
});

Deno.test("findPasswordFault knows what many people choose, in any case", async () => {
  const context = { email: "vera@example.com", appName: "Oneclick" };
  for (
    const password of [
      "password",
      "Password1",
      "ILOVEYOU1",
      "qwertyuiop",
      "letmein123",
      "1q2w3e4r5t",
      "football",
    ]
  ) {
    assertEquals(
      await findPasswordFault(password, context),
      "Must not be one of the passwords that many people have",
      password,
    );
  }
});

/** Lets what is ready run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
