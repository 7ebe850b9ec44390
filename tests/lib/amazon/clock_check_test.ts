import { assertEquals } from "@std/assert";
import { ClockCheck, clockDifferenceMs } from "../../../lib/amazon/clock_check.ts";
import { createLog } from "../../../lib/base/log.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { TestService } from "../../support/test_service.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
const at = (ms: number) => new Headers({ date: new Date(ms).toUTCString() });

Deno.test("clockDifferenceMs takes off the way of the response and the resolution of the header", () => {
  const times = (sentAt: number, receivedAt: number) => ({
    sentAt: NOON + sentAt,
    receivedAt: NOON + receivedAt,
  });
  const differences = [
    [times(0, 100), 0],
    [times(900, 1100), 0],
    [times(-300, 50), 0],
    [times(5000, 5100), 4000],
    [times(-5100, -5000), -5000],
    // A slow response tells less.
    [times(-6000, 1000), 0],
  ] as const;
  for (const [each, expected] of differences) assertEquals(clockDifferenceMs(at(NOON), each), expected);
});

Deno.test("clockDifferenceMs knows nothing without a date that can be read", () => {
  for (const headers of [new Headers(), new Headers({ date: "soon" })]) {
    assertEquals(clockDifferenceMs(headers, { sentAt: NOON, receivedAt: NOON }), null);
  }
});

Deno.test("ClockCheck tells of a clock that differs, once in an hour", () => {
  const clock = new FakeClock({ start: NOON });
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ level: "info", clock, write: (line) => lines.push(JSON.parse(line)) });
  const check = new ClockCheck(clock, log);
  const respond = (differenceMs: number) =>
    check.check({ headers: at(clock.now() - differenceMs) }, clock.now());
  for (const difference of [0, 1500]) {
    respond(difference);
    assertEquals(lines, []);
    // It looks at one response in ten seconds.
    respond(-10_000);
    assertEquals(lines, []);
    clock.jump(10_000);
  }
  respond(-10_000);
  respond(-10_000);
  assertEquals(lines.map(({ level, message, ms }) => [level, message, ms]), [[
    "WARN",
    "clock_differs",
    10_000,
  ]]);
  assertEquals(String(lines[0]?.detail).startsWith("The clock of this machine is behind Amazon's"), true);
  clock.jump(3_600_000);
  respond(10_000);
  assertEquals([lines.length, lines[1]?.ms], [2, 9000]);
});

Deno.test("ClockCheck tells by how much the clock is ahead, from all the responses of ten minutes, and follows it when it is set", () => {
  const clock = new FakeClock({ start: NOON });
  const check = new ClockCheck(clock, createLog({ level: "info", clock, write() {} }));
  let amazonBehind = 0;
  const respond = (wayMs: number) => {
    const sentAt = clock.now();
    clock.jump(wayMs / 2);
    const headers = at(clock.now() - amazonBehind);
    clock.jump(wayMs / 2);
    check.check({ headers }, sentAt);
    clock.jump(20_000 - wayMs);
    return check.aheadMs;
  };
  assertEquals(respond(100), 0);
  amazonBehind = 10_000;
  assertEquals(respond(100), 9550);
  // A slow response does not spoil what is known. Another fraction of a second tells more.
  assertEquals(respond(3000), 9550);
  clock.jump(700);
  assertEquals(respond(100), 9900);
  amazonBehind = -5000;
  // One response tells it to half a second.
  assertEquals(respond(100), -4750);
  amazonBehind = 0;
  clock.jump(300);
  assertEquals(respond(100), 0);
});

Deno.test("a sign-in notices by Amazon's Date header that the clock of this machine differs", async () => {
  await using service = await TestService.open({
    wrapFetch: (fetch) => async (url, init) => {
      const response = await fetch(url, init);
      return new Response(response.body, {
        status: response.status,
        headers: at(service.clock.now() + 10_000),
      });
    },
  });
  assertEquals((await service.signIn("new.1")).status, 201);
  assertEquals(service.log.filter(({ message }) => message === "clock_differs").length, 1);
});
