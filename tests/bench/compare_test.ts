/** The comparison of a benchmark with the figures that landed last. */
import { assertEquals } from "@std/assert";
import { compare, type Figure } from "./compare.ts";

const landed = {
  date: "2026-11-29",
  machine: "2 cores",
  figures: { rate: 0.6, cpu: 1.7, units: 9, gone: 1 },
};
const figures = (rate: number, cpu: number, units: number): Record<string, Figure> => ({
  rate: { value: rate, better: "more", noise: { part: 0.2 } },
  cpu: { value: cpu, better: "less", noise: { part: 0.2, plus: 0.1 } },
  units: { value: units, better: "less", noise: { part: 0 } },
  added: { value: 1, better: "less", noise: { part: 0 } },
});

Deno.test("compare() says nothing of what differs by less than noise, and counts what it could compare", () => {
  assertEquals(compare(figures(0.52, 1.9, 9), landed), [
    "Compared with 2026-11-29, 2 cores: 3 figures, 0 slower beyond noise",
  ]);
});

Deno.test("compare() says part by part what became slower or faster, in either direction of better", () => {
  assertEquals(compare(figures(0.4, 1, 10), landed), [
    "Compared with 2026-11-29, 2 cores: 3 figures, 2 slower beyond noise",
    "Slower: rate: 0.40, was 0.60; noise ±0.12",
    "Slower: units: 10, was 9",
    "Faster: cpu: 1, was 1.70; noise ±0.44",
  ]);
});

Deno.test("compare() says that nothing has landed", () => {
  assertEquals(compare(figures(1, 1, 1), undefined), [
    "Nothing has landed to compare with: deno task bench --land writes it",
  ]);
});
