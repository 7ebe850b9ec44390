/** The texts of the mails. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { contrast } from "../../../lib/base/colours.ts";
import { writeMail } from "../../../lib/outbox/messages.ts";
import { MAIL_KINDS, type MailKind } from "../../../lib/outbox/outbox.ts";

const KINDS = Object.keys(MAIL_KINDS) as MailKind[];
const TOKEN = "AZ3n".repeat(16);
const CONTEXT = {
  appName: "Oneclick",
  publicUrl: "https://signin.example/tv",
  token: TOKEN,
  language: "en",
  brand: { logoUrl: null, colour: null, supportUrl: null },
  userCode: "WDJB-MJHT",
} as const;

const LINKS: Readonly<Record<MailKind, string | null>> = {
  password_nudge: `https://signin.example/tv/reset/${TOKEN}`,
  password_reset: `https://signin.example/tv/reset/${TOKEN}`,
  account_deletion: `https://signin.example/tv/delete-account/${TOKEN}`,
  account_deleted: null,
  password_changed: null,
  amazon_linked: null,
  amazon_unlinked: null,
  activation: `https://signin.example/tv/activate/${TOKEN}`,
  email_change: `https://signin.example/tv/confirm-email/${TOKEN}`,
  email_change_notice: null,
  email_verification: `https://signin.example/tv/confirm-email/${TOKEN}`,
};

for (const kind of KINDS) {
  Deno.test(`writeMail says the same in the text and in the HTML of ${kind}`, () => {
    const { text, html } = writeMail(kind, CONTEXT);
    const words = html.replace(/<style>.*?<\/style>/s, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
    const paragraphs = text.split("\n\n").filter((part) =>
      !part.includes("https://") && !part.startsWith("-- ")
    );
    assert(paragraphs.length >= 2);
    for (const paragraph of paragraphs) assertStringIncludes(words, paragraph);
    assertMatch(text, /\n\n-- \nOneclick\n$/);
  });

  Deno.test(`writeMail gives ${kind} only its link under PUBLIC_URL, and nothing to load`, () => {
    const { text, html } = writeMail(kind, CONTEXT);
    const link = LINKS[kind];
    const links = link === null ? [] : [link];
    assertEquals(text.match(/https?:\S+/g) ?? [], links);
    assertEquals([...new Set(html.match(/https?:[^\s"<]+/g))], links);
    assert(!/\b(?:src|background)=|url\(|<link|<script|@import/i.test(html), html);
  });

  Deno.test(`writeMail escapes APP_NAME in the HTML of ${kind}, and nowhere else`, () => {
    const appName = `Käse & <img src=x> "TV" 🧀`;
    const { subject, text, html } = writeMail(kind, { ...CONTEXT, appName });
    assertStringIncludes(subject, appName);
    assertStringIncludes(text, appName);
    assert(!html.includes("<img"), html);
    assertStringIncludes(html, "Käse &amp; &lt;img src=x&gt; &quot;TV&quot; 🧀");
    assert(!/[\r\n]/.test(subject));
  });
}

Deno.test("writeMail shows the logo, the colour with readable text, and where to get help", () => {
  const brand = {
    logoUrl: "https://cdn.example/l.png",
    colour: "#ffd400",
    supportUrl: "mailto:help@tv.example?subject=x",
  };
  const { text, html } = writeMail("password_reset", { ...CONTEXT, brand });
  assertStringIncludes(html, '<img src="https://cdn.example/l.png" alt=""');
  assertMatch(html, /<a class="button"[^>]*background:#ffd400;color:#000000/);
  const [, link = ""] = /<a class="link"[^>]*color:(#[0-9a-f]{6})/.exec(html) ?? [];
  assert(contrast(link, "#ffffff") >= 4.5, link);
  assertStringIncludes(text, "\n\nDo you need help?\nhelp@tv.example\n\n-- \n");
  assertStringIncludes(html, 'href="mailto:help@tv.example?subject=x"');
  const page = writeMail("account_deleted", {
    ...CONTEXT,
    brand: { ...brand, supportUrl: "https://help.example/" },
  });
  assertStringIncludes(page.text, "Do you need help?\nhttps://help.example/");
});

Deno.test("writeMail says how long each link is valid", () => {
  const hours: Record<string, RegExp> = {
    0.25: /at most 15 minutes\b/,
    1: /valid for 1 hour\b/,
    168: /valid for 7 days\b/,
  };
  for (const kind of KINDS) {
    const { link } = MAIL_KINDS[kind];
    if (link === null) continue;
    assertMatch(writeMail(kind, CONTEXT).text, hours[link.lifeMs / 3_600_000] ?? /never/);
  }
});
