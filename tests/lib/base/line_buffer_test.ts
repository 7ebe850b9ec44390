import { assert, assertEquals } from "@std/assert";
import { GATHER_MS, LineBuffer } from "../../../lib/base/line_buffer.ts";
import { FakeClock } from "../../support/fake_clock.ts";

Deno.test("LineBuffer writes the lines of one turn together and in order, and nothing without a line", async () => {
  const { buffer, clock, written } = setUp(() => Promise.resolve());
  for (const line of ["one", "two", "three"]) buffer.add(line);
  assertEquals(written, []);
  await clock.advance(GATHER_MS);
  assertEquals(written, ["one\ntwo\nthree\n"]);
  buffer.add("four");
  await buffer.flush();
  assertEquals(written, ["one\ntwo\nthree\n", "four\n"]);
  await clock.advance(GATHER_MS);
  await buffer.flush();
  assertEquals([written.length, clock.pending], [2, 0]);
});

Deno.test("LineBuffer waits with lines while a write is on its way, and writes them together", async () => {
  const gate = Promise.withResolvers<void>();
  const { buffer, clock, written } = setUp(() => gate.promise);
  buffer.add("one");
  await clock.advance(GATHER_MS);
  for (const line of ["two", "three"]) {
    buffer.add(line);
    await clock.advance(GATHER_MS);
  }
  assertEquals(written, ["one\n"]);
  gate.resolve();
  await buffer.flush();
  assertEquals(written, ["one\n", "two\nthree\n"]);
});

Deno.test("LineBuffer drops and counts what is too much while nobody reads", async () => {
  const gate = Promise.withResolvers<void>();
  const { buffer, clock, written } = setUp(() => gate.promise);
  buffer.add("first");
  await clock.advance(GATHER_MS);
  const line = "x".repeat(1000);
  for (let i = 0; i < 5000; i++) buffer.add(line);
  assertEquals(written, ["first\n"]);
  gate.resolve();
  await buffer.flush();
  const lines = written.join("").split("\n").slice(0, -1);
  const kept = lines.filter((each) => each === line).length;
  assert(kept >= 500 && kept <= 1000, `${kept} lines were kept`);
  assertEquals(lines.at(-1), `${5000 - kept} dropped`);
  assertEquals(lines.length, kept + 2);
  buffer.add("last");
  await buffer.flush();
  assertEquals(written.at(-1), "last\n");
});

Deno.test("LineBuffer goes on after a write that fails", async () => {
  const { buffer, written } = setUp(() => Promise.reject(new Error("Broken pipe")));
  for (const line of ["one", "two"]) {
    buffer.add(line);
    await buffer.flush();
  }
  assertEquals(written, ["one\n", "two\n"]);
});

function setUp(write: () => Promise<void>) {
  const clock = new FakeClock();
  const written: string[] = [];
  const buffer: LineBuffer = new LineBuffer({
    clock,
    write: (text) => {
      written.push(text);
      return write();
    },
    onDropped: (count) => buffer.add(`${count} dropped`),
  });
  return { buffer, clock, written };
}
