/** The HTML parts of the mails in a browser, in light and dark mode. */
import { assertEquals } from "@std/assert";
import { writeMail } from "../../lib/outbox/messages.ts";
import { MAIL_KINDS, type MailKind } from "../../lib/outbox/outbox.ts";
import { assertAccessible, browserTest, openPage, screenshot } from "./browser.ts";
import { serveSite } from "./site.ts";

const CONTEXT = {
  appName: "Käse & <b>Söhne</b> TV",
  publicUrl: "https://signin.example",
  token: "AZ3nq0mNdkZ8mC1p8d5vJw".padEnd(64, "x9_-"),
  userCode: "WDJB-MJHT",
  language: "en",
  brand: { logoUrl: null, colour: "#ffd400", supportUrl: "https://help.example/tv" },
} as const;

for (const kind of Object.keys(MAIL_KINDS) as MailKind[]) {
  for (const colorScheme of ["light", "dark"] as const) {
    browserTest(
      `the mail ${kind} is accessible, sends no request and fits a phone: ${colorScheme}`,
      async () => {
        const { html, subject } = writeMail(kind, CONTEXT);
        await using site = serveSite(() =>
          Promise.resolve(new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } }))
        );
        await using opened = await openPage({
          origin: site.origin,
          colorScheme,
          viewport: { width: 360, height: 720 },
        });
        await opened.page.goto("/");
        assertEquals(await opened.page.getByRole("heading", { level: 1 }).innerText(), subject);
        assertEquals(await opened.page.evaluate("document.documentElement.scrollWidth"), 360);
        await assertAccessible(opened.page);
        await screenshot(opened.page, `mail-${kind}-${colorScheme}`);
      },
    );
  }
}
