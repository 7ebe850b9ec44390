import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { clientOf, RateLimit } from "../../../lib/limits/rate_limit.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("RateLimit take lets a client's first events of a minute through", () => {
  const limit = new RateLimit(new FakeClock(), 3);
  assertEquals(Array.from({ length: 5 }, () => limit.take("a")), [0, 0, 0, 60, 60]);
});

Deno.test("RateLimit take returns the whole seconds until the next event is let through", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(clock, 1);
  assertEquals(limit.take("a"), 0);
  const waits: [number, number][] = [];
  for (const step of [0, 1, 999, 29_000, 28_999, 1, 999]) {
    await clock.advance(step);
    waits.push([clock.now() - Date.UTC(2026, 10, 22, 10), limit.take("a")]);
  }
  assertEquals(waits, [
    [0, 60],
    [1, 60],
    [1000, 59],
    [30_000, 30],
    [58_999, 2],
    [59_000, 1],
    [59_999, 1],
  ]);
  await clock.advance(1);
  assertEquals(limit.take("a"), 0);
});

Deno.test("RateLimit take returns the exact wait: an event after it is let through", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(clock, 2);
  await fc.assert(
    fc.asyncProperty(fc.uuid(), fc.array(fc.nat(70_000), { maxLength: 12 }), async (client, pauses) => {
      for (const pause of pauses) {
        await clock.advance(pause);
        const wait = limit.take(client);
        if (wait === 0) continue;
        await clock.advance(wait * 1000);
        assertEquals(limit.take(client), 0);
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("RateLimit take starts a client's minute with its first event, and a new one after it", async () => {
  const clock = new FakeClock();
  const limit = new RateLimit(clock, 1);
  assertEquals(limit.take("a"), 0);
  await clock.advance(30_000);
  assertEquals(limit.take("b"), 0);
  await clock.advance(30_000);
  assertEquals([limit.take("a"), limit.take("b")], [0, 30]);
  assertEquals(limit.take("a"), 60);
});

Deno.test("RateLimit take counts each client for itself", () => {
  const limit = new RateLimit(new FakeClock(), 1);
  assertEquals([limit.take("a"), limit.take("b"), limit.take("a"), limit.take("b")], [0, 0, 60, 60]);
});

Deno.test("RateLimit of 0 lets everything through", () => {
  const limit = new RateLimit(new FakeClock(), 0);
  for (let count = 0; count < 1000; count++) assertEquals(limit.take("a"), 0);
});

Deno.test("RateLimit forgets the oldest of more than 50,000 clients, and no newer one", () => {
  const limit = new RateLimit(new FakeClock(), 1);
  for (let count = 0; count < 60_000; count++) limit.take(`client ${count}`);
  for (const remembered of [59_999, 30_000, 10_000]) assertEquals(limit.take(`client ${remembered}`), 60);
  assertEquals(limit.take("client 9999"), 0);
  // The client came back as the newest one, and the oldest was forgotten.
  assertEquals([limit.take("client 10001"), limit.take("client 9999")], [60, 60]);
  assertEquals(limit.take("client 10000"), 0);
});

Deno.test("clientOf takes an IPv4 address as it is", () => {
  assertEquals(clientOf("192.0.2.1"), "192.0.2.1");
});

Deno.test("clientOf takes a mapped IPv4 address for that address, however it is written", () => {
  for (
    const address of [
      "::ffff:192.0.2.1",
      "::FFFF:192.0.2.1",
      "0:0:0:0:0:ffff:192.0.2.1",
      "::ffff:c000:201",
      "::ffff:192.0.2.1%eth0",
    ]
  ) assertEquals(clientOf(address), "192.0.2.1", address);
});

Deno.test("clientOf takes an IPv6 subscriber's /64 for one client, however it is written", () => {
  const cases = [
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["2001:db8:1:2::1", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["2001:db8::5:6:7:8:9", "2001:db8:0:5"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["fe80::1%25:0", "fe80:0:0:0"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
  ] as const;
  for (const [address, client] of cases) assertEquals(clientOf(address), client, address);
});

Deno.test("clientOf leaves out the port that a proxy put behind an address", () => {
  assertEquals(clientOf("192.0.2.1:40000"), "192.0.2.1");
  assertEquals(clientOf("[2001:db8:0:1::7]:40000"), "2001:db8:0:1");
  assertEquals(clientOf("[::ffff:192.0.2.1]"), "192.0.2.1");
});

Deno.test("clientOf tells two /64 networks apart, and not the addresses within one", () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(":"));
  fc.assert(fc.property(half, half, half, half, (network, other, host, neighbour) => {
    assertEquals(clientOf(`${network}:${host}`), clientOf(`${network}:${neighbour}`));
    assertEquals(clientOf(`${network}:${host}`) === clientOf(`${other}:${host}`), network === other);
  }));
});

Deno.test("clientOf returns a client for any text that a proxy sent", () => {
  for (const text of ["", "unknown", ":", ":::", "::1::2", "g::1", "%", "[2001:db8::1:443", "1]@host/:"]) {
    assertEquals(clientOf(text), text);
  }
  fc.assert(fc.property(fc.string({ maxLength: 64 }), (text) => {
    assert(clientOf(text).length <= 64);
  }));
});
