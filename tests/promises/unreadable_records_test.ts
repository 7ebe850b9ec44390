/** What cannot be read is not guessed (promise 15 of README.md): records of other versions and shapes, and wrong seals. */
import { assert, assertEquals } from "@std/assert";
import { settled } from "../support/fault_control.ts";
import { TestService } from "../support/test_service.ts";

const KEY = "the-key-of-this-device";

for (const kind of ["account", "amazon_user", "email", "exchange"]) {
  for (
    const [change, alter] of Object.entries({ "an unknown version": ofVersion(2), "a wrong seal": spoiled })
  ) {
    if (kind !== "account" && change === "a wrong seal") continue; // Of these records only accounts are sealed.
    Deno.test(`a sign-in that meets a record of kind ${kind} with ${change} waits for the operator`, async () => {
      await using service = await TestService.open();
      await service.signedIn("mork.1", { key: KEY });
      // Only a retry reads the record of an exchange.
      const code = kind === "exchange" ? "mork.1" : "mork.2";
      const restore = await alterRecord(service, kind, alter);
      await assertUnreadable(await settled(service, service.signIn(code, { key: KEY })));
      await restore();
      assertEquals((await service.signIn(code, { key: KEY })).status, kind === "exchange" ? 201 : 200);
      assertEquals(service.calls.token, kind === "exchange" ? 1 : 2);
    });
  }
}

for (
  const [change, alter] of Object.entries({ "an unknown version": ofVersion(2), "a wrong seal": spoiled })
) {
  Deno.test(`a session record with ${change} is not taken for an unknown token`, async () => {
    await using service = await TestService.open();
    const { session_token: token } = await service.signedIn("mork.1");
    const restore = await alterRecord(service, "session", alter);
    await assertUnreadable(await service.request("/v1/sessions/current", { token }));
    await restore();
    assertEquals((await service.request("/v1/sessions/current", { token })).status, 200);
  });
}

Deno.test("a kept token with a wrong seal waits for the operator", async () => {
  await using service = await TestService.open();
  const code = "mork~profile-503*3.1";
  assertEquals((await settled(service, service.signIn(code, { key: KEY }))).status, 503);
  const restore = await alterRecord(service, "exchange", spoiled, "token");
  await assertUnreadable(await service.signIn(code, { key: KEY }));
  await restore();
  assertEquals((await service.signIn(code, { key: KEY })).status, 201);
  assertEquals(service.calls.token, 1);
});

async function assertUnreadable(response: Response): Promise<void> {
  const { code, next } = await response.json();
  assertEquals([response.status, code, next], [503, "storage_unavailable", "retry"]);
  assertEquals(response.headers.get("retry-after"), "60");
}

type Alter = (stored: unknown, seal: { open(): unknown; close(value: unknown): Uint8Array }) => unknown;

/** Changes the one record of a kind, or the one below it. Returns a function that restores the record. */
async function alterRecord(
  { kv, services }: TestService,
  kind: string,
  alter: Alter,
  below?: string,
): Promise<() => Promise<void>> {
  const all = await Array.fromAsync(kv.list({ prefix: [kind] }));
  const [entry, ...others] = all.filter(({ key }) =>
    kind === "exchange" ? key[2] === below : !String(key.at(-1)).startsWith("evt_")
  );
  assert(entry !== undefined && others.length === 0);
  const place = entry.key.join("/");
  const { keyring } = services;
  const altered = alter(entry.value, {
    open: () => JSON.parse(keyring.open(entry.value as Uint8Array, place)),
    close: (value) => keyring.seal(JSON.stringify(value), place),
  });
  await kv.set(entry.key, altered);
  return async () => {
    await kv.set(entry.key, entry.value);
  };
}

function ofVersion(v: number): Alter {
  return (stored, { open, close }) =>
    stored instanceof Uint8Array ? close({ ...open() as object, v }) : { ...stored as object, v };
}

function spoiled(stored: unknown): unknown {
  return (stored as Uint8Array).with(-1, ((stored as Uint8Array).at(-1) ?? 0) ^ 1);
}
