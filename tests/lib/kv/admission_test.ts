/** Who may begin, who waits and who is turned away. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Deadline } from "../../../lib/base/clock.ts";
import { Problem } from "../../../lib/base/problem.ts";
import { Admission, MOST_WAIT_MS, type Precedence } from "../../../lib/kv/admission.ts";
import { Connection } from "../../../lib/kv/connection.ts";
import type { Lane, Sent } from "../../../lib/kv/lane.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** An admission to a database that hangs, with its lanes full or not. */
class Bench {
  readonly clock = new FakeClock();
  /** The operations that reached the database. */
  readonly operations: string[] = [];
  readonly connection = new Connection({
    kv: {
      get: () => (this.operations.push("get"), new Promise(() => {})),
      atomic: () => {
        const operation = {
          mutate: () => operation,
          commit: () => (this.operations.push("commit"), new Promise(() => {})),
        };
        return operation;
      },
    } as unknown as Deno.Kv,
    clock: this.clock,
  });
  readonly admission = new Admission({ connection: this.connection, clock: this.clock, random: () => 0.5 });
  readonly deadline = new Deadline(this.clock, 60_000);
  readonly #sent: { lane: Lane; sent: Sent }[] = [];

  fill(lane: Lane): void {
    const units = Math.ceil(lane.limit - lane.outstanding);
    this.#sent.push({ lane, sent: lane.send({ units, since: this.clock.now(), fail() {} }) });
  }

  /** Lets all come back that fills the lanes. */
  empty(): void {
    for (const { lane, sent } of this.#sent.splice(0)) lane.heard(sent, "done");
  }

  /** Asks for admission, and notes the name once it is given. */
  enter(name: string, precedence: Precedence, admitted: string[]): Promise<void> {
    const wait = this.admission.enter(precedence, this.deadline) ?? Promise.resolve();
    return wait.then(() => void admitted.push(name));
  }
}

async function refusal(work: () => Promise<unknown> | null): Promise<Problem> {
  return await assertRejects(async () => await work(), Problem);
}

Deno.test("Admission lets work begin at once while there is room, and sets no timer", () => {
  const { admission, deadline, clock } = new Bench();
  for (const precedence of ["started", "check", "new"] as const) {
    assertEquals(admission.enter(precedence, deadline), null);
  }
  assertEquals(clock.pending, 1); // The deadline of the test.
});

Deno.test("Admission refuses new work with overloaded when it has waited for a second, without an operation", async () => {
  const bench = new Bench();
  bench.fill(bench.connection.commits);
  const refused = refusal(() => bench.admission.enter("new", bench.deadline));
  await bench.clock.advance(MOST_WAIT_MS);
  const problem = await refused;
  assertEquals([problem.code, problem.status], ["overloaded", 503]);
  assert((problem.details.retryAfter ?? 0) >= 1);
  assertEquals([bench.operations, bench.clock.pending], [[], 1]);
});

Deno.test("Admission lets token checks and work that was begun pass by full commits", () => {
  const bench = new Bench();
  bench.fill(bench.connection.commits);
  assertEquals(bench.admission.enter("check", bench.deadline), null);
  assertEquals(bench.admission.enter("started", bench.deadline), null);
});

Deno.test("Admission admits checks beside the reads of sign-ins, then checks first, and then the newest work", async () => {
  const bench = new Bench();
  const { admission, connection: { reads, commits } } = bench;
  bench.fill(reads);
  bench.fill(commits);
  for (let i = 0; i < reads.limit; i++) assertEquals(admission.enter("check", bench.deadline), null);
  const admitted: string[] = [];
  const entering = [
    bench.enter("old", "new", admitted),
    bench.enter("check", "check", admitted),
    bench.enter("new", "new", admitted),
  ];
  await bench.clock.advance(100);
  assertEquals(admitted, []);
  bench.empty();
  await Promise.all(entering);
  assertEquals(admitted, ["check", "new", "old"]);
  assertEquals(bench.clock.pending, 1);
});

Deno.test("Admission turns the oldest away at once when too many wait", async () => {
  const bench = new Bench();
  bench.fill(bench.connection.commits);
  const waiting = Array.from(
    { length: 65 },
    () => Promise.resolve(bench.admission.enter("new", bench.deadline)),
  );
  const outcomes: string[] = [];
  waiting.forEach((each, i) => each.catch((problem) => outcomes.push(`${i} ${problem.code}`)));
  await bench.clock.advance(0);
  assertEquals(outcomes, ["0 overloaded"]);
  await bench.clock.advance(MOST_WAIT_MS);
  assertEquals(outcomes.length, 65);
});

Deno.test("Admission refuses at once while the database is silent, and sends one probe for all", async () => {
  const bench = new Bench();
  const { commits } = bench.connection;
  bench.fill(commits);
  await bench.clock.advance(2000);
  for (let i = 0; i < 100; i++) {
    const problem = await refusal(() => Promise.resolve(bench.admission.enter("new", bench.deadline)));
    assertEquals(problem.code, "storage_unavailable");
    const { retryAfter = 0 } = problem.details;
    assert(retryAfter >= 1 && retryAfter <= 3);
  }
  assertEquals(bench.operations, ["commit"]);
});

Deno.test("Admission lets a few requests go on in a silence: one operation that is lost is no silent database", async () => {
  const bench = new Bench();
  const { commits } = bench.connection;
  commits.send({ units: 1, since: bench.clock.now(), fail() {} });
  await bench.clock.advance(10_000);
  assertEquals([commits.silent, bench.admission.enter("new", bench.deadline)], [true, null]);
});

Deno.test("Admission lets those who wait begin when room has come up without an operation that came back", async () => {
  const bench = new Bench();
  const { commits } = bench.connection;
  const admitted: string[] = [];
  commits.wait(100);
  const waiting = bench.enter("first", "new", admitted);
  // Units that were withdrawn tell nobody.
  commits.wait(-100);
  const next = bench.enter("second", "new", admitted);
  await Promise.all([waiting, next]);
  assertEquals(admitted.toSorted(), ["first", "second"]);
});

Deno.test("Admission counts work that was begun until it ends, although it waits for something else", async () => {
  const bench = new Bench();
  const { admission, deadline } = bench;
  const admitted: string[] = [];
  // The database has shown nothing yet but that a commit takes a second.
  for (let i = 0; i < 10; i++) {
    const sent = bench.connection.commits.send({ units: 1, since: bench.clock.now(), fail() {} });
    await bench.clock.advance(1000);
    bench.connection.commits.heard(sent, "done");
  }
  let begun = 0;
  while (admission.enter("new", deadline) === null) begun++;
  assert(begun >= 4 && begun < 40, `${begun} were begun`);
  const waiting = bench.enter("later", "new", admitted);
  await bench.clock.advance(10);
  assertEquals(admitted, []);
  // Those that found no room wait as well: the newest comes first.
  admission.leave("new");
  await waiting;
  assertEquals(admitted, ["later"]);
});
