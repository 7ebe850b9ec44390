import { assert, assertEquals, assertRejects } from "@std/assert";
import { readService } from "../../../../lib/operator/backup/snapshot.ts";
import { CommandError } from "../../../../lib/operator/command.ts";

/** Records that one commit writes together: the numbers of both halves are equal at every moment. */
const PAIRS = 400;

Deno.test("readService brings one moment, while commits change what it reads", async () => {
  using kv = await Deno.openKv(":memory:");
  const state = new Map<number, number>();
  const commit = async (pair: number, n: number) => {
    state.set(pair, n);
    const name = String(pair).padStart(4, "0");
    const operation = kv.atomic().set(["a", name], n).set(["z", name], n);
    // Some are removed as well, in one commit with their other half.
    if (n % 5 === 4) operation.delete(["a", name]).delete(["z", name]);
    await operation.commit();
  };
  for (let pair = 0; pair < PAIRS; pair++) await commit(pair, 0);
  let changes = 60;
  let n = 0;
  let taken: Deno.KvEntry<unknown>[] = [];
  let readings = 0;
  await readService(kv, {
    progress: () => {},
    begin: () => {
      taken = [];
      readings++;
      return Promise.resolve(async (page) => {
        taken.push(...page);
        if (--changes > 0) await commit((++n * 37) % PAIRS, n);
      });
    },
  });
  assert(readings > 10, "It was disturbed");
  const of = (kind: string) =>
    Object.fromEntries(taken.filter(({ key }) => key[0] === kind).map(({ key, value }) => [key[1], value]));
  assertEquals(of("a"), of("z"), "No commit is there by half");
  assert(Object.keys(of("a")).length > PAIRS / 2);
});

Deno.test("readService gives up when the database never stands still", async () => {
  using kv = await Deno.openKv(":memory:");
  await kv.set(["a"], 0);
  const error = await assertRejects(
    () =>
      readService(kv, {
        progress: () => {},
        begin: () => Promise.resolve(async () => void await kv.set(["a"], 1)),
      }),
    CommandError,
  );
  assertEquals(error.code, "too_busy");
});
