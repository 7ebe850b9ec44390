/**
 * Faults of the database at each operation of a one-click sign-in: it fails, hangs or conflicts, or takes effect and
 * reports a failure. Each case shows the response, and the response to a retry with the same code and key.
 */
import { assertEquals } from "@std/assert";
import { LEASE_MARGIN_MS } from "../../lib/sign_in/code_claim.ts";
import { type Fault, FaultControl, settled } from "../support/fault_control.ts";
import { checkInvariants } from "../support/invariants.ts";
import type { Operation } from "../support/kv_hooks.ts";
import type { ProblemBody, SignedInBody } from "../support/bodies.ts";
import { TestService } from "../support/test_service.ts";

const KEY = "the-key-of-this-device";
const EARLIER_KEY = "the-key-of-an-earlier-code";

const READ_FAULTS = ["fails once", "fails", "hangs"] as const;
const COMMIT_FAULTS = [
  ...READ_FAULTS,
  "takes effect once and fails",
  "takes effect and hangs",
  "conflicts",
] as const;

/** The first response, and the way in which a retry gets the session. */
type Expected = readonly [
  first: 201 | 200 | "storage_unavailable",
  then?: "at once" | "replayed",
];

const SAVED: Expected = ["storage_unavailable", "at once"];
const COMMIT_TABLE: Readonly<
  Record<"claim" | "keep" | "commit", Readonly<Record<typeof COMMIT_FAULTS[number], Expected>>>
> = {
  claim: {
    "fails once": [201],
    "fails": SAVED,
    "hangs": SAVED,
    "takes effect once and fails": [201],
    // The process knows that the request which holds the claim is gone.
    "takes effect and hangs": SAVED,
    "conflicts": SAVED,
  },
  // The kept token is a precaution, so a sign-in succeeds without it.
  keep: {
    "fails once": [201],
    "fails": [201],
    "hangs": [201],
    "takes effect once and fails": [201],
    "takes effect and hangs": [201],
    "conflicts": [201],
  },
  commit: {
    "fails once": [201],
    "fails": SAVED,
    "hangs": SAVED,
    "takes effect once and fails": [201],
    "takes effect and hangs": ["storage_unavailable", "replayed"],
    "conflicts": SAVED,
  },
};

for (const [operation, faults] of Object.entries(COMMIT_TABLE)) {
  for (const [fault, expected] of Object.entries(faults)) {
    Deno.test(`a sign-in whose ${operation} ${fault} gives ${expected.join(", then the session ")}`, () =>
      signInWith(operation as Operation, fault as Fault, expected));
  }
}

for (const operation of ["owners", "account"] as const) {
  for (const fault of READ_FAULTS) {
    const expected: Expected = fault === "fails once" ? [operation === "owners" ? 201 : 200] : SAVED;
    Deno.test(`a sign-in whose read of the ${operation} ${fault} gives ${expected.join(", then the session ")}`, () =>
      signInWith(operation, fault, expected));
  }
}

async function signInWith(operation: Operation, fault: Fault, [first, then]: Expected): Promise<void> {
  const faults = new FaultControl();
  await using service = await TestService.open({
    wrapKv: (kv) => faults.wrap(kv),
  });
  const returning = operation === "account";
  if (returning) await service.signedIn("returning.1", { key: EARLIER_KEY });
  const tokensBefore = service.calls.token;
  const ask = () => settled(service, service.signIn("returning.2", { key: KEY }));

  faults.breaks(operation, fault);
  const response = await ask();
  const body: ProblemBody & SignedInBody = await response.json();
  faults.mends();
  if (then === undefined) {
    assertEquals<unknown>(response.status, first);
  } else {
    assertEquals([response.status, body.code, body.next], [503, first, "retry"]);
    assertEquals(response.headers.get("retry-after"), "1");
    if (operation === "claim") assertEquals(service.calls.token, tokensBefore);
    const retry = await ask();
    assertEquals(retry.status, returning ? 200 : 201);
    assertEquals(retry.headers.get("idempotency-replayed"), then === "replayed" ? "true" : null);
    await retry.body?.cancel();
  }
  assertEquals(service.calls.token, tokensBefore + 1);
  const { accounts, sessions } = await checkInvariants(service.kv, service.services.keyring);
  assertEquals([accounts.size, sessions.length], [1, returning ? 2 : 1]);
  await service.clock.advance(100); // A pause before the next try to keep the token ends by itself.
  assertEquals(service.clock.pending, 0);
}

Deno.test("a code alone whose commit takes effect and hangs is code_already_used", async () => {
  const faults = new FaultControl();
  await using service = await TestService.open({
    wrapKv: (kv) => faults.wrap(kv),
  });
  faults.breaks("commit", "takes effect and hangs");
  assertEquals((await settled(service, service.signIn("new.1"))).status, 503);
  faults.mends();
  const retry = await service.signIn("new.1");
  const { code, next } = await retry.json();
  assertEquals([retry.status, code, next], [409, "code_already_used", "new_code"]);
});

Deno.test("a token is kept by the release of the code when all earlier writes fail", async () => {
  const faults = new FaultControl();
  await using service = await TestService.open({
    wrapKv: (kv) => faults.wrap(kv),
  });
  faults.breaks("keep", "fails");
  faults.breaks("owners", "fails");
  assertEquals((await settled(service, service.signIn("new.1", { key: KEY }))).status, 503);
  faults.mends();
  // The first operation after failures waits for its turn as a probe.
  assertEquals((await settled(service, service.signIn("new.1", { key: KEY }))).status, 201);
  assertEquals(service.calls.token, 1);
});

for (const process of ["the same process", "another process"]) {
  Deno.test(`a token that no write could keep, and a retry at ${process}`, async () => {
    const faults = new FaultControl();
    await using service = await TestService.open({
      wrapKv: (kv) => faults.wrap(kv),
    });
    for (const operation of ["keep", "owners", "release"] as const) faults.breaks(operation, "fails");
    assertEquals((await settled(service, service.signIn("new.1", { key: KEY }))).status, 503);
    if (process === "the same process") {
      faults.mends();
      assertEquals((await service.signIn("new.1", { key: KEY })).status, 201);
    } else {
      // The token is lost with the process: the other one cannot know that the code was spent.
      await using other = await TestService.open(service);
      await other.clock.advance(service.clock.now() - other.clock.now() + LEASE_MARGIN_MS);
      const retry = await other.signIn("new.1", { key: KEY });
      const { code, next } = await retry.json();
      assertEquals([retry.status, code, next], [400, "code_rejected", "new_code"]);
    }
    assertEquals(service.calls.token, process === "the same process" ? 1 : 2);
  });
}

Deno.test("a token that could not be kept is released as soon as the database takes writes again", async () => {
  const faults = new FaultControl();
  await using service = await TestService.open({
    wrapKv: (kv) => faults.wrap(kv),
  });
  for (const operation of ["keep", "owners", "release"] as const) faults.breaks(operation, "fails");
  assertEquals((await settled(service, service.signIn("new.1", { key: KEY }))).status, 503);
  faults.mends();
  await service.clock.advance(1000);
  await using other = await TestService.open(service);
  await other.clock.advance(service.clock.now() - other.clock.now());
  assertEquals((await other.signIn("new.1", { key: KEY })).status, 201);
  assertEquals(service.calls.token, 1);
});

Deno.test("a claim that comes too late sends nothing to Amazon, and the code stays valid", async () => {
  const faults = new FaultControl();
  await using service = await TestService.open({
    wrapKv: (kv) => faults.wrap(kv),
  });
  faults.breaks("claim", "hangs");
  const response = service.signIn("new.1", { key: KEY });
  // One second is left. A token request can take 2.5 s, and to cut it short could lose the code.
  await service.clock.advance(5000);
  faults.mends();
  faults.goesOn();
  assertEquals((await response).status, 503);
  assertEquals((await (await response).json()).code, "storage_unavailable");
  assertEquals(service.calls.token, 0);
  assertEquals((await service.signIn("new.1", { key: KEY })).status, 201);
});
