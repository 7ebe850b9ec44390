/** The brand on pages: colour, logo and the link to help. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { contrast } from "../../../lib/base/colours.ts";
import { COLOURS } from "../../../routes/http/palette.ts";
import { brandStyle } from "../../../routes/pages/look.ts";
import { open } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("brandStyle() has readable texts and visible buttons for every colour, in light and in dark", () => {
  const colours = fc.integer({ min: 0, max: 0xffffff }).map((rgb) => `#${rgb.toString(16).padStart(6, "0")}`);
  fc.assert(
    fc.property(colours, (colour) => {
      const schemes = brandStyle(colour).split("@media");
      assertEquals(schemes.length, 2);
      for (const [index, css] of schemes.entries()) {
        const value = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(css)?.[1] ?? "";
        const around = [COLOURS.page, COLOURS.card].map((pair) => pair[index] ?? "");
        assertEquals(value("brand"), colour);
        assert(contrast(value("on-brand"), colour) >= 4.5);
        for (const background of around) {
          assert(contrast(value("link"), background) >= 4.5);
          assert(contrast(value("brand-edge"), background) >= 3);
        }
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a page shows the logo beside the name, allows that origin alone, and links to help", async () => {
  await using service = await TestService.open({
    env: {
      APP_LOGO_URL: "https://cdn.example/logo;v,1.png?a=1&b=2",
      APP_COLOR: "#ffd400",
      SUPPORT_URL: "mailto:help@example.com?subject=TV&body=%22",
    },
  });
  const { html, headers } = await open(service, "/delete-account");
  assertStringIncludes(html, '<img class="logo" src="https://cdn.example/logo;v,1.png?a=1&amp;b=2" alt="">');
  assertStringIncludes(html, '<a href="mailto:help@example.com?subject=TV&amp;body=%22">Help</a>');
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
  assertStringIncludes(style, "--brand: #ffd400; --on-brand: #000000;");
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  assertEquals(
    headers.get("content-security-policy"),
    `default-src 'none'; img-src https://cdn.example; style-src 'sha256-${
      new Uint8Array(digest).toBase64()
    }'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  );
});

Deno.test("without a brand a page loads no picture and names no help", async () => {
  await using service = await TestService.open();
  const { html } = await open(service, "/delete-account");
  assertEquals(/<img|<footer|--brand:/.exec(html), null);
});
