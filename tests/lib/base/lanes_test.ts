/** Lanes: only so much at once, in all and of one lane, and no lane holds up another. */
import { assertEquals } from "@std/assert";
import { Lanes } from "../../../lib/base/lanes.ts";

/** Lanes whose work ends when a test says so. */
function open(most: number, mostOfLane: number) {
  const lanes = new Lanes({ most, mostOfLane });
  const running = new Map<string, () => void>();
  const begun: string[] = [];
  return {
    lanes,
    begun,
    add: (lane: string, name: string) =>
      lanes.add(lane, () => {
        begun.push(name);
        return new Promise((resolve) => running.set(name, resolve));
      }),
    async end(name: string) {
      running.get(name)?.();
      await turn();
    },
  };
}

Deno.test("Lanes runs so much of one lane at once, and the rest in its order", async () => {
  const { lanes, begun, add, end } = open(10, 2);
  for (const name of ["1", "2", "3", "4"]) add("a", name);
  assertEquals([begun, lanes.size], [["1", "2"], 4]);
  await end("2");
  assertEquals([begun, lanes.size], [["1", "2", "3"], 3]);
});

Deno.test("Lanes lets a lane begin while another one is full", () => {
  const { begun, add } = open(10, 1);
  for (let i = 0; i < 100; i++) add("a", `a${i}`);
  add("b", "b0");
  assertEquals(begun, ["a0", "b0"]);
});

Deno.test("Lanes runs so much in all, and takes turns between lanes", async () => {
  const { begun, add, end } = open(2, 2);
  for (const lane of ["a", "b", "c"]) for (const i of [1, 2]) add(lane, `${lane}${i}`);
  assertEquals(begun, ["a1", "a2"]);
  await end("a1");
  await end("a2");
  assertEquals(begun, ["a1", "a2", "b1", "c1"]);
  await end("b1");
  await end("c1");
  assertEquals(begun, ["a1", "a2", "b1", "c1", "b2", "c2"]);
});

Deno.test("below() resolves when fewer pieces of work are left", async () => {
  const { lanes, add, end } = open(1, 1);
  await lanes.below(1);
  add("a", "1");
  add("b", "2");
  const seen: number[] = [];
  lanes.below(2).then(() => seen.push(2));
  const idle = lanes.below(1).then(() => seen.push(1));
  await turn();
  assertEquals(seen, []);
  await end("1");
  assertEquals(seen, [2]);
  await end("2");
  await idle;
  assertEquals([seen, lanes.size], [[2, 1], 0]);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
