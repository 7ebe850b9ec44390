import { assertEquals, assertRejects } from "@std/assert";
import { createLog } from "../../../lib/base/log.ts";
import { awaitDatabase } from "../../../lib/kv/await_database.ts";
import { DatabaseAwayError } from "../../../lib/kv/open.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** Opens connections; the first `silent` of them never answer. */
function connections(silent: number) {
  const opened: { closed: boolean }[] = [];
  const open = () => {
    const number = opened.length;
    const kv = {
      closed: false,
      get: () => number < silent ? new Promise(() => {}) : Promise.resolve({ value: null }),
      close() {
        this.closed = true;
      },
    };
    opened.push(kv);
    return Promise.resolve(kv as unknown as Deno.Kv);
  };
  return { opened, open };
}

function logger(clock: FakeClock) {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog({ level: "info", clock, write: (line) => lines.push(JSON.parse(line)) }) };
}

Deno.test("awaitDatabase returns a database that answers at once, and says nothing", async () => {
  const clock = new FakeClock();
  const { lines, log } = logger(clock);
  const { opened, open } = connections(0);
  await awaitDatabase(open, { clock, log });
  assertEquals([opened.length, lines, clock.pending], [1, [], 0]);
});

Deno.test("awaitDatabase waits for a database that is away, says so, and leaves few connections", async () => {
  const clock = new FakeClock();
  const { lines, log } = logger(clock);
  const { opened, open } = connections(3);
  const { ms } = await clock.advanceUntil(awaitDatabase(open, { clock, log }));
  assertEquals(ms, 15_000);
  assertEquals(
    lines.map(({ level, message }) => [level, message]),
    Array(3).fill(["WARN", "database_awaited"]),
  );
  assertEquals(lines[2]?.detail, "The database has not answered for 15 s: the start waits for it");
  assertEquals(opened.map(({ closed }) => closed), [true, true, true, false]);
});

Deno.test("awaitDatabase waits for a KV service that refuses connections, or takes them and says nothing", async () => {
  const clock = new FakeClock();
  const { lines, log } = logger(clock);
  const { open } = connections(0);
  let tries = 0;
  const { ms } = await clock.advanceUntil(awaitDatabase(() => {
    tries++;
    if (tries > 8) return open();
    return tries === 3
      ? new Promise(() => {})
      : Promise.reject(new DatabaseAwayError("The KV service cannot be reached"));
  }, { clock, log }));
  assertEquals([tries, ms], [9, 40_000]);
  assertEquals(lines[7]?.detail, "The KV service cannot be reached for 40 s: the start waits for it");
});

Deno.test("awaitDatabase opens six connections and no more", async () => {
  const clock = new FakeClock();
  const { opened, open } = connections(Infinity);
  awaitDatabase(open, { clock, log: logger(clock).log });
  await clock.advance(60_000);
  assertEquals(opened.length, 6);
});

Deno.test("awaitDatabase takes an error for an answer, and throws what cannot be opened", async () => {
  const clock = new FakeClock();
  const failing = { get: () => Promise.reject(new TypeError("Unauthorized")) } as unknown as Deno.Kv;
  const { log } = logger(clock);
  assertEquals(await awaitDatabase(() => Promise.resolve(failing), { clock, log }), failing);
  await assertRejects(
    () => awaitDatabase(() => Promise.reject(new TypeError("Invalid URL")), { clock, log }),
    TypeError,
  );
});
