/** Contrast of colours. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { contrast, readableOn, textOn } from "../../../lib/base/colours.ts";

const colours = fc.integer({ min: 0, max: 0xffffff }).map((rgb) => `#${rgb.toString(16).padStart(6, "0")}`);

Deno.test("contrast() gives the values of WCAG's own examples", () => {
  assertEquals(contrast("#000000", "#ffffff"), 21);
  assertEquals(contrast("#abcdef", "#abcdef"), 1);
  // https://www.w3.org/WAI/WCAG22/Techniques/general/G18 names #767676 as the lightest gray on white.
  assert(contrast("#767676", "#ffffff") >= 4.5 && contrast("#777777", "#ffffff") < 4.5);
});

Deno.test("textOn() can be read on every colour", () => {
  fc.assert(fc.property(colours, (colour) => contrast(textOn(colour), colour) >= 4.5), { numRuns: 2000 });
});

Deno.test("readableOn() can be read on its backgrounds, and leaves a colour that can", () => {
  const light = ["#fbfaf8", "#ffffff"] as const;
  const dark = ["#14161a", "#1b1e24"] as const;
  fc.assert(
    fc.property(colours, fc.constantFrom(light, dark), (colour, backgrounds) => {
      const shade = readableOn(colour, [...backgrounds]);
      const good = (one: string) => backgrounds.every((background) => contrast(one, background) >= 4.5);
      return good(shade) && (!good(colour) || shade === colour);
    }),
    { numRuns: 2000 },
  );
});
