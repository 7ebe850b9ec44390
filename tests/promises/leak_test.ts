/**
 * Secrets stay in (design, section 4, promise 8): after every outcome no response and no log line has a secret, and the
 * database has none in the clear. `tests/process/leak_test.ts` searches the database file.
 */
import { assert, assertEquals } from "@std/assert";
import { PROBLEMS } from "../../lib/base/problem.ts";
import { encodingsOf, findSecrets } from "../support/secret_scan.ts";
import { playLeakMatrix } from "../support/leak_scenarios.ts";

Deno.test("findSecrets finds a text in each encoding, at any place", () => {
  const secret = { name: "code", text: "canary|K\u00e9y+1" };
  for (const [form, bytes] of encodingsOf(secret.text)) {
    assert(findSecrets(bytes, [secret]).includes(`code as ${form}`), form);
  }
  for (const before of ["", "a", "ab", "abc"]) {
    const found = findSecrets(btoa(`${before}canary-code and more`), [{
      name: "code",
      text: "canary-code",
    }]);
    assert(found.some((form) => form.startsWith("code as base64 at ")), before);
  }
  assertEquals(findSecrets("canary|Key+1 CANARY|K\u00c9Y+1", [secret]), []);
});

Deno.test("no outcome leaks a secret or personal data to a response, the log or the database", async (t) => {
  const { service, answers, secrets } = await playLeakMatrix();
  await using _ = service;

  await t.step("the matrix has every problem but one", () => {
    const outcomes = new Set(answers.map(({ outcome }) => outcome));
    const elsewhere = ["rate_limited", "overloaded"];
    assertEquals(
      Object.keys(PROBLEMS).filter((code) => !outcomes.has(code) && !elsewhere.includes(code)),
      [],
    );
    assert(outcomes.has("200") && outcomes.has("201") && outcomes.has("204"));
    assert(answers.some(({ text }) => text.includes('"idempotency-replayed"')));
  });

  await t.step("responses", () => {
    const leaks = answers.flatMap(({ what, text, allowed, gives }) => {
      const forbidden = secrets.filter(({ name, text: secret }) =>
        !allowed.includes(name) && !gives.some((own) => own.text === secret)
      );
      return findSecrets(text, forbidden).map((found) => `${found} in the answer to ${what}`);
    });
    assertEquals(leaks, []);
  });

  await t.step("log lines", () => {
    assert(service.log.length > 200);
    assertEquals(findSecrets(JSON.stringify(service.log), secrets), []);
  });

  await t.step("keys and values of the database", async () => {
    const dump = await dumpOf(service.kv);
    assert(dump.length > 10_000);
    assertEquals(findSecrets(dump, secrets), []);
  });

  await t.step("the same searches find a secret that is planted", async () => {
    const secret = secrets[0]!;
    assertEquals(
      findSecrets(JSON.stringify([...service.log, { detail: secret.text }]), [secret]).length > 0,
      true,
    );
    await service.kv.set(["planted", secret.text], 1);
    assert(findSecrets(await dumpOf(service.kv), secrets).length > 0);
    await service.kv.delete(["planted", secret.text]);
    await service.kv.set(["planted"], { deep: [new TextEncoder().encode(`x${secret.text}x`)] });
    assert(findSecrets(await dumpOf(service.kv), secrets).length > 0);
    const [signedIn] = answers.filter(({ gives }) => gives.length > 0);
    assert(
      signedIn !== undefined &&
        findSecrets(signedIn.text, secrets).some((found) => found.startsWith("email")),
    );
  });
});

/** Returns every key and value of a database: bytes unchanged, everything else as JSON. */
async function dumpOf(kv: Deno.Kv): Promise<Uint8Array> {
  const parts: BlobPart[] = [];
  const readable = (_: string, value: unknown) => {
    if (!(value instanceof Uint8Array)) return value;
    parts.push(Uint8Array.from(value), "\n");
    return "(bytes)";
  };
  for await (const { key, value } of kv.list({ prefix: [] })) {
    parts.push(JSON.stringify([key, value], readable), "\n");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
