/**
 * Faults of the database while a lost answer is asked for again. The operator has put another data key in front since: the
 * secret of the session comes from the key of its own time.
 */
import { assertEquals } from "@std/assert";
import { progressIds } from "../../lib/kv/codes.ts";
import { hashSecret } from "../../lib/kv/keyring.ts";
import { CODE_PROGRESS } from "../../lib/kv/schema.ts";
import { type Fault, FaultControl, settled } from "../support/fault_control.ts";
import type { Operation } from "../support/kv_hooks.ts";
import type { ProblemBody, SignedInBody } from "../support/bodies.ts";
import { TestService } from "../support/test_service.ts";

const KEY = "the-key-of-this-device";
const [FIRST, SECOND] = ["first", "second"].map((id) => `${id}:${btoa(id.padEnd(32, "-"))}`);

/** A lost answer is asked for again: the claim conflicts, its records are read with it, then session and account. */
const REPLAY_FAULTS: readonly (readonly [Operation, Fault, 201 | "storage_unavailable"])[] = [
  ["claim", "fails once", 201],
  ["claim", "fails", "storage_unavailable"],
  ["claim", "hangs", "storage_unavailable"],
  ["code", "fails once", 201],
  ["code", "fails", "storage_unavailable"],
  ["code", "hangs", "storage_unavailable"],
  ["session", "fails once", 201],
  ["session", "fails", "storage_unavailable"],
  ["session", "hangs", "storage_unavailable"],
];

for (const [operation, fault, expected] of REPLAY_FAULTS) {
  Deno.test(`a replay whose ${operation} ${fault} gives ${expected}, and then the session by its own data key`, async () => {
    await using before = await TestService.open({ env: { DATA_KEYS: `${FIRST},${SECOND}` } });
    const signedIn = await before.signedIn("new.1", { key: KEY });
    const faults = new FaultControl();
    const { kv, simulator } = before;
    await using service = await TestService.open({
      kv,
      simulator,
      env: { DATA_KEYS: `${SECOND},${FIRST}` },
      wrapKv: (kv) => faults.wrap(kv),
    });
    faults.breaks(operation, fault);
    const response = await settled(service, service.signIn("new.1", { key: KEY }));
    const body: ProblemBody & SignedInBody = await response.json();
    assertEquals<unknown>(response.ok ? response.status : body.code, expected);
    faults.mends();
    faults.goesOn();
    const again = await settled(service, service.signIn("new.1", { key: KEY }));
    assertEquals([again.status, again.headers.get("idempotency-replayed")], [201, "true"]);
    assertEquals((await again.json()).session_token, signedIn.session_token);
    if (response.ok) assertEquals(body.session_token, signedIn.session_token);
    assertEquals(service.calls, { token: 1, profile: 1 });
  });
}

Deno.test("a replay whose result has a wrong seal waits for the operator, and gives the session when it is mended", async () => {
  await using service = await TestService.open();
  const { session_token: token } = await service.signedIn("new.1", { key: KEY });
  const key = [CODE_PROGRESS.kind, ...progressIds(hashSecret("new.1"))];
  const { value } = await service.kv.get<Uint8Array<ArrayBuffer>>(key);
  await service.kv.set(key, value!.with(-1, (value!.at(-1) ?? 0) ^ 1));
  const response = await service.signIn("new.1", { key: KEY });
  const { code } = await response.json();
  assertEquals([response.status, code, response.headers.get("retry-after")], [
    503,
    "storage_unavailable",
    "60",
  ]);
  await service.kv.set(key, value);
  assertEquals((await service.signedIn("new.1", { key: KEY })).session_token, token);
  assertEquals(service.calls, { token: 1, profile: 1 });
});
