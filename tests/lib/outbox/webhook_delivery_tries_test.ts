/** The tries of a webhook that is not taken. */
import { assert, assertEquals } from "@std/assert";
import { GIVE_UP_AFTER_MS, LEASE_MS } from "../../../lib/outbox/delivery.ts";
import { type Hooked, openHooked, SECRETS, verify } from "../../support/webhooks.ts";

const HOUR_MS = 3_600_000;

const status = (code: number, headers: Record<string, string> = {}) => () =>
  new Response(null, { status: code, headers });

/** The minutes of the tries of the first event, from the first one. */
function pausesOf({ received }: Hooked): number[] {
  const [first] = received;
  const own = received.filter(({ headers }) =>
    headers.get("webhook-id") === first?.headers.get("webhook-id")
  );
  return own.slice(1).map(({ at }, i) => at - (own[i]?.at ?? 0));
}

Deno.test("a webhook that is not taken is tried again after growing pauses, the first under a minute, and given up after 3 days", async () => {
  await using hooked = await openHooked();
  const { service, received } = hooked;
  hooked.answer = status(500);
  await service.signedIn("mork.1");
  // No cron job: the service wakes up by itself for the first tries.
  await service.services.background.idle();
  for (let minute = 0; minute < 3 * 24 * 60 - 1; minute += 1) {
    await service.clock.advance(60_000);
    await service.runDueTasks();
  }
  assertEquals(hooked.logged("webhook_given_up"), []);
  const pauses = pausesOf(hooked);
  assert(pauses.length > 10 && Number(pauses[0]) <= 60_000, String(pauses));
  const longest = 6 * HOUR_MS + 60_000;
  for (const [i, pause] of pauses.entries()) {
    const before = pauses[i - 1] ?? 0;
    assert(pause > before || pause >= longest - 120_000, `${pauses}`);
    assert(pause <= longest);
  }
  await hooked.advance(60_000);
  const givenUp = hooked.logged("webhook_given_up");
  assertEquals(givenUp.map(({ event_type }) => event_type).toSorted(), [
    "account.created",
    "session.created",
  ]);
  assertEquals(givenUp[0]?.detail, "The webhook could not be delivered for 3 days");
  assertEquals(service.log.filter(({ level }) => level === "ERROR").length, 2);
  const tries = received.length;
  await hooked.advance(GIVE_UP_AFTER_MS);
  assertEquals([received.length, (await service.stored()).webhook, (await service.stored()).task], [
    tries,
    undefined,
    undefined,
  ]);
});

Deno.test("every try has the same id and body, and the time and signature of the try", async () => {
  await using hooked = await openHooked();
  const { service, received } = hooked;
  hooked.answer = status(503);
  await service.signedIn("mork.1");
  await service.services.background.idle();
  for (let i = 0; i < 4; i++) await hooked.advance(60_000);
  hooked.answer = status(200);
  await hooked.advance(HOUR_MS);
  const tries = received.filter(({ body }) => body.type === "session.created");
  assert(tries.length > 3);
  assertEquals(new Set(tries.map(({ headers }) => headers.get("webhook-id"))).size, 1);
  assertEquals(new Set(tries.map(({ text }) => text)).size, 1);
  const times = tries.map(({ at }) => String(Math.floor(at / 1000)));
  assertEquals(tries.map(({ headers }) => headers.get("webhook-timestamp")), times);
  assertEquals(new Set(tries.map(({ headers }) => headers.get("webhook-signature"))).size, tries.length);
  for (const one of tries) assert(verify(one, SECRETS[1] ?? ""));
  assertEquals((await service.stored()).webhook, undefined);
});

const RETRY_AFTER = [
  ["7200", 7200_000],
  ["Sun, 22 Nov 2026 13:00:00 GMT", 3 * HOUR_MS],
  ["1", 0],
  ["soon", 0],
  ["-5", 0],
] as const;

for (const [retryAfter, least] of RETRY_AFTER) {
  Deno.test(`a try that is answered with Retry-After: ${retryAfter} is followed by none before that`, async () => {
    await using hooked = await openHooked();
    const { service } = hooked;
    hooked.answer = status(429, { "retry-after": retryAfter });
    await service.signedIn("mork.1");
    await service.services.background.idle();
    hooked.answer = status(200);
    for (let minute = 0; minute < 240; minute++) await hooked.advance(60_000);
    const [pause = 0] = pausesOf(hooked);
    assert(pause >= least && pause <= Math.max(least, 0) + 60_000, String(pause));
  });
}

Deno.test("a 410 ends that event at once, and no other", async () => {
  await using hooked = await openHooked();
  const { service, received } = hooked;
  hooked.answer = ({ body }) => new Response(null, { status: body.type === "account.created" ? 410 : 500 });
  await service.signedIn("mork.1");
  await service.services.background.idle();
  assertEquals(hooked.logged("webhook_given_up").map(({ event_type, detail }) => [event_type, detail]), [
    ["account.created", "The receiver wants it no more: 410"],
  ]);
  hooked.answer = status(200);
  await hooked.advance(60_000);
  assertEquals(received.map(({ body }) => body.type).toSorted(), [
    "account.created",
    "session.created",
    "session.created",
  ]);
});

for (const code of [301, 302, 303, 307, 308, 304, 400, 401, 404, 409, 429, 500, 502]) {
  Deno.test(`a webhook that is answered ${code} is tried again, and no redirect is followed`, async () => {
    await using hooked = await openHooked();
    const { service, received } = hooked;
    hooked.answer = status(code, { location: "https://elsewhere.test/" });
    await service.signedIn("mork.1");
    await service.services.background.idle();
    assertEquals(received.length, 2);
    assertEquals(hooked.logged("webhook_delayed").map(({ detail }) => detail), [
      `The receiver did not take it: ${code}`,
      `The receiver did not take it: ${code}`,
    ]);
    hooked.answer = status(202);
    await hooked.advance(60_000);
    assertEquals([received.length, (await service.stored()).webhook], [4, undefined]);
  });
}

Deno.test("a receiver that does not answer within 10 seconds is tried again", async () => {
  await using hooked = await openHooked();
  const { service, received } = hooked;
  hooked.answer = () => "hangs";
  await service.signedIn("mork.1");
  await hooked.tried(2);
  const begun = service.clock.now();
  await service.clock.advance(9_999);
  assertEquals(hooked.logged("webhook_delayed"), []);
  await service.clock.advance(1);
  await service.services.background.idle();
  assertEquals(hooked.logged("webhook_delayed").map(({ detail }) => detail), [
    "No answer within 10 seconds",
    "No answer within 10 seconds",
  ]);
  hooked.answer = status(200);
  await hooked.advance(60_000);
  assert(received.length === 4 && Number(received[2]?.at) <= begun + 70_000);
});

Deno.test("a try whose process dies is made again after its lease, with the same id", async () => {
  await using dead = await openHooked();
  const { kv, simulator } = dead.service;
  dead.answer = () => "hangs";
  await dead.service.signedIn("mork.1");
  await dead.tried(2);
  await using other = await openHooked({ kv, simulator });
  await other.advance(LEASE_MS - 1);
  assertEquals(other.received.length, 0);
  await other.advance(1);
  const idsOf = ({ received }: Hooked) => received.map(({ headers }) => headers.get("webhook-id")).toSorted();
  assertEquals(idsOf(other), idsOf(dead));
  await dead.service.clock.advance(2 * LEASE_MS);
  await dead.service.runDueTasks();
  assertEquals([dead.received.length, other.received.length], [2, 2]);
});
