import { assert, assertEquals } from "@std/assert";
import { assertProblem } from "../../../support/contract_problems.ts";
import { MAY_USE_FILES, OperatedService } from "../../../support/operator.ts";
import { TestService } from "../../../support/test_service.ts";

const ignore = !MAY_USE_FILES;
const key = (id: string, text = id) => `${id}:${btoa(text.padEnd(32, "."))}`;
const K1 = key("k1");
const K2 = key("k2");

Deno.test(
  "admin keys counts what needs each key, and keys reseal lets the older one go",
  { ignore },
  async () => {
    await using operated = await OperatedService.open({ env: { DATA_KEYS: K1 } });
    const { kv, service } = operated;
    const { account } = await service.signedIn("mork.1");
    // Account, two indexes, session, event, and what the code led to.
    const keys = (env: string, code = 0) => operated.admin("keys", { env: { DATA_KEYS: env }, code });
    const k1 = { id: "k1", in_ring: true, seals_new: true, records: 6 };
    const k2 = { id: "k2", in_ring: true, seals_new: false, records: 0 };
    assertEquals(await keys(K1), { keys: [k1] });
    assertEquals(await keys(`${K1},${K2}`), { keys: [k1, k2] });
    assertEquals(await keys(K2), {
      keys: [{ ...k2, seals_new: true }, { ...k1, in_ring: false, seals_new: false, records: 4 }],
    });

    await using rotated = await openWith(operated, `${K2},${K1}`);
    await rotated.signedIn("mork.2");
    const reseal = (env: string, code = 0) =>
      operated.admin("keys reseal", { env: { DATA_KEYS: env }, code });
    assertEquals(await reseal(`${K2},${K1}`), { resealed: 6 });
    assertEquals(await reseal(`${K2},${K1}`), { resealed: 0 });
    assertEquals(await keys(`${K2},${K1}`), {
      keys: [{ ...k2, seals_new: true, records: 9 }, { ...k1, seals_new: false, records: 0 }],
    });
    await using later = await openWith(operated, K2);
    assertEquals((await later.signedIn("mork.3")).account.id, account.id);
    assertEquals((await kv.get(["data_key", "k1"])).value, null);
  },
);

Deno.test("keys reseal refuses a ring that does not fit, and names the key", { ignore }, async () => {
  await using operated = await OperatedService.open({ env: { DATA_KEYS: K1 } });
  await operated.service.signedIn("mork.1");
  const before = await snapshot(operated.kv);
  for (const DATA_KEYS of [key("k1", "mistyped"), `${K2},${key("k1", "mistyped")}`, K2]) {
    const { error } = await operated.admin("keys reseal", { code: 1, env: { DATA_KEYS } });
    assert(["data_key_fault", "storage_unavailable"].includes(error.code), error.code);
    assert(error.message.includes('"k1"'), error.message);
    assertEquals(await snapshot(operated.kv), before, "Nothing was written");
  }
  assertEquals((await operated.admin("keys reseal --rate 0", { code: 2 })).error.code, "usage");
});

Deno.test("keys reseal forgets a key that was never needed", { ignore }, async () => {
  await using operated = await OperatedService.open({ env: { DATA_KEYS: K1 } });
  await operated.service.signedIn("mork.1");
  // As the start on a database of the version before leaves it.
  await operated.kv.set(["data_key", "k2"], { v: 1, check: null, created_at: 0 });
  await using refused = await openWith(operated, K1);
  await assertProblem(await refused.signIn("mork.2"), "storage_unavailable");
  assertEquals(await operated.admin("keys reseal", { env: { DATA_KEYS: K1 } }), { resealed: 0 });
  await using service = await openWith(operated, K1);
  assertEquals((await service.signIn("mork.3")).status, 200);
});

function openWith({ kv, service }: OperatedService, DATA_KEYS: string): Promise<TestService> {
  return TestService.open({ kv, simulator: service.simulator, env: { DATA_KEYS } });
}

async function snapshot(kv: Deno.Kv): Promise<string[]> {
  const entries = await Array.fromAsync(kv.list({ prefix: [] }));
  return entries.map((entry) => `${entry.key.join("/")} ${entry.versionstamp}`);
}
