/** Few trips (design, section 4, promise 7): the calls of a sign-in to the database and to Amazon. */
import { assertEquals } from "@std/assert";
import { purchasesOf } from "../support/purchases.ts";
import { ONE_SIGN_IN, TestService } from "../support/test_service.ts";
import { endpointOf } from "../support/upstream_responses.ts";
import { aroundKv, countingKv, type KvCounts } from "../support/kv_hooks.ts";

const KEY = "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11";

interface Trips extends KvCounts {
  token: number;
  profile: number;
}

/** The commits are the claim, the sign-in, and the token, which is stored during the profile call. */
const NEW_CUSTOMER: Trips = { commits: 3, eventualReads: 1, strongReads: 0, token: 1, profile: 1 };

Deno.test("a new customer costs two writes, one overlapped write, one eventual read and two calls", async () => {
  await using counted = await openCounted();
  assertEquals(await counted.trips("mork.1", 201), NEW_CUSTOMER);
});

Deno.test("an Idempotency-Key costs a new customer nothing more", async () => {
  await using counted = await openCounted();
  assertEquals(await counted.trips("mork.1", 201, KEY), NEW_CUSTOMER);
});

Deno.test("a returning customer costs one eventual read more", async () => {
  await using counted = await openCounted();
  await counted.trips("mork.1", 201);
  assertEquals(await counted.trips("mork.2", 200), { ...NEW_CUSTOMER, eventualReads: 2 });
  assertEquals(await counted.trips("moved.3", 200), { ...NEW_CUSTOMER, eventualReads: 2 });
});

Deno.test("a conflict of emails costs what a new customer does", async () => {
  await using counted = await openCounted();
  await counted.trips("mork.1", 201);
  assertEquals(await counted.trips("twin.2", 409), NEW_CUSTOMER);
});

Deno.test("a second key of the ring costs no trip", async () => {
  const DATA_KEYS = ["a", "b"].map((id) => `${id}:${btoa(id.repeat(32))}`).join(",");
  await using counted = await openCounted({ DATA_KEYS });
  assertEquals(await counted.trips("mork.1", 201), NEW_CUSTOMER);
});

Deno.test("a kept refresh token of Amazon costs no trip", async () => {
  await using counted = await openCounted({ AMAZON_KEEP_REFRESH_TOKEN: "true" });
  assertEquals(await counted.trips("mork.1", 201), NEW_CUSTOMER);
  assertEquals(await counted.trips("mork.2", 200), { ...NEW_CUSTOMER, eventualReads: 2 });
});

Deno.test("a retry after a lost answer costs the refused claim and two strong reads, and no call", async () => {
  await using counted = await openCounted();
  await counted.trips("mork.1", 201, KEY);
  const refused = { commits: 1, eventualReads: 0, strongReads: 1, token: 0, profile: 0 };
  assertEquals(await counted.trips("mork.1", 201, KEY), { ...refused, strongReads: 2 });
  assertEquals(await counted.trips("mork.1", 409), refused);
});

Deno.test("a retry with a kept token costs a refused claim, a strong read and a claim, and no token call", async () => {
  await using counted = await openCounted();
  await counted.trips("mork~profile-invalid_token*1.1", 502, KEY);
  const expected = { commits: 3, eventualReads: 1, strongReads: 1, token: 0, profile: 1 };
  assertEquals(await counted.trips("mork~profile-invalid_token*1.1", 201, KEY), expected);
});

Deno.test("a request that is refused before the claim costs no trip", async () => {
  await using counted = await openCounted();
  const none = { commits: 0, eventualReads: 0, strongReads: 0, token: 0, profile: 0 };
  assertEquals(await counted.trips("", 400), none);
});

Deno.test("the profile request is sent while the token is being stored", async () => {
  const { order, profileRequested, wrapFetch } = profileWatch();
  await using service = await TestService.open({
    wrapFetch,
    // The second commit of a sign-in stores the token. It waits here until Amazon has the profile request.
    wrapKv: (kv) =>
      onCommit(kv, async (count, commit) => {
        if (count !== 2) return await commit();
        await profileRequested;
        order.push("token stored");
        return await commit();
      }),
  });
  // If the profile request waited for that commit, the sign-in would end at its deadline.
  const { value, ms } = await service.clock.advanceUntil(service.signIn("mork.1"));
  assertEquals(value.status, 201);
  assertEquals(ms, 0);
  assertEquals(order, ["profile requested", "token stored"]);
});

Deno.test("the answer does not wait until the token is stored", async () => {
  const kept = Promise.withResolvers<void>();
  await using service = await TestService.open({
    wrapKv: (kv) =>
      onCommit(kv, async (count, commit) => {
        if (count === 2) await kept.promise;
        return await commit();
      }),
  });
  assertEquals((await service.signIn("mork.1")).status, 201);
  kept.resolve();
  // The commit comes too late to leave a token behind.
  await service.clock.advance(0);
  assertEquals(await service.stored(), ONE_SIGN_IN);
});

for (const count of [1, 8]) {
  Deno.test(`${count} receipts cost a new, a known and a conflicting customer no trip`, async () => {
    const receipts = Array.from({ length: count }, (_, i) => `sub.active.${i}`);
    const purchases = purchasesOf(receipts);
    for (const before of [[], ["mork.1"]]) {
      for (const code of ["mork.2", "moved.3", "twin.4"]) {
        const [without, withReceipts] = await Promise.all([undefined, purchases].map(async (purchases) => {
          await using counted = await openCounted();
          for (const code of before) await counted.trips(code, 201);
          const status = before.length === 0 ? 201 : code === "twin.4" ? 409 : 200;
          return await counted.trips(code, status, undefined, purchases);
        }));
        assertEquals(withReceipts, without);
      }
    }
  });
}

Deno.test("receipts that are known already cost no trip", async () => {
  const purchases = purchasesOf(["sub.active.1", "sub.grace.2", "sub.ended.3"]);
  await using counted = await openCounted();
  await counted.trips("mork.1", 201, undefined, purchases);
  assertEquals(await counted.trips("mork.2", 200, undefined, purchases), {
    ...NEW_CUSTOMER,
    eventualReads: 2,
  });
});

/** Returns a promise that resolves when the profile request is sent, and the order of events. */
function profileWatch() {
  const { promise: profileRequested, resolve } = Promise.withResolvers<void>();
  const order: string[] = [];
  const wrapFetch = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => (input, init) => {
    if (endpointOf(String(input)) === "profile") {
      order.push("profile requested");
      resolve();
    }
    return fetch(input, init);
  };
  return { order, profileRequested, wrapFetch };
}

interface Counted extends AsyncDisposable {
  /** Signs in, checks the status, and returns the calls that the sign-in made. */
  trips: (code: string, status: number, key?: string, purchases?: unknown) => Promise<Trips>;
}

async function openCounted(env: Record<string, string> = {}): Promise<Counted> {
  const counts: KvCounts = { commits: 0, eventualReads: 0, strongReads: 0 };
  const service = await TestService.open({ env, wrapKv: (kv) => countingKv(kv, counts) });
  return {
    async trips(code, status, key, purchases) {
      const before: Trips = { ...counts, ...service.calls };
      const response = await service.signIn(code, { purchases, ...(key === undefined ? {} : { key }) });
      assertEquals(response.status, status, await response.text());
      const after: Trips = { ...counts, ...service.calls };
      const difference = Object.entries(after).map((
        [name, count],
      ) => [name, count - before[name as keyof Trips]]);
      return Object.fromEntries(difference);
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Wraps a database whose commits go through `around`, with the number of the commit from 1. */
function onCommit(
  kv: Deno.Kv,
  around: <T>(count: number, commit: () => Promise<T>) => Promise<T>,
): Deno.Kv {
  let count = 0;
  return aroundKv(kv, (name, call) => name === "commit" ? around(++count, call) : call());
}
