/** Pages in the language of the browser, and mails in the language of the account. No text stands in the code. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  EMAIL,
  MORK,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
} from "../../support/account_requests.ts";
import { emailChangeLink } from "../../support/email_requests.ts";
import { deletionLink, linkIn, open, type Page, resetLink, submit } from "../../support/mailed_links.ts";
import { fieldsOf, NEW, oneClickCustomer } from "../../support/reset_requests.ts";
import { TestService } from "../../support/test_service.ts";
import { LANGUAGES } from "../../../lib/texts/languages.ts";
import { TEXTS } from "../../../lib/texts/texts.ts";

for (const language of LANGUAGES) {
  Deno.test(`pages are in ${language} for a browser that asks for it, and say so`, async () => {
    await using service = await TestService.open();
    const { deletion, common, reset } = TEXTS[language];
    const headers = { "accept-language": `nl, ${language}-XX;q=0.9, en;q=0.1` };
    const page = await open(service, "/delete-account", { headers });
    assertStringIncludes(page.html, `<html lang="${language}">`);
    assertEquals(page.headers.get("content-language"), language);
    assertEquals(page.headers.get("vary"), "Accept-Language");
    assertEquals(page.heading, deletion.title.replace("{app}", "Oneclick"));

    const refused = await submit(service, "/delete-account", { email: "" }, { headers });
    assertStringIncludes(refused.text, common.email_fault);
    const missing = await open(service, "/reset/a/b", { headers });
    assertEquals([missing.status, missing.heading], [404, common.problems.not_found.title]);

    const { link } = await oneClickCustomer(service);
    const weak = await submit(service, link, fieldsOf("password1"), { headers });
    assertStringIncludes(weak.text, reset.faults.common);
  });
}

Deno.test("no page and no mail has a text that is not among the texts", async () => {
  const before = TEXTS.de;
  const texts = TEXTS as Record<"de", typeof before>;
  try {
    texts.de = disguise(before);
    await using service = await TestService.open({ env: { APP_NAME: "17" } });
    for (const page of await visitAll(service)) {
      const title = /<title>(.*?)<\/title>/.exec(page.html)?.[1] ?? "";
      const shown = `${title} ${page.text} ${attributesOf(page.html)}`;
      assertEquals(lettersOf(shown), [], page.html);
    }
    assert(service.mails.length >= 4);
    for (const { subject, text, html } of service.mails) {
      const body = html.replace(/<style>.*?<\/style>/s, "").replace(/<[^>]*>/g, " ");
      assertEquals(lettersOf(`${subject} ${text} ${body} ${attributesOf(html)}`), []);
    }
  } finally {
    texts.de = before;
  }
});

/** Replaces every letter of every text but those of placeholders. */
function disguise<T>(value: T): T {
  if (typeof value === "string") {
    return value.replace(/\{\w+\}|\p{L}/gu, (part) => part.startsWith("{") ? part : "·") as T;
  }
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.entries(value).map(([key, inner]) => [key, disguise(inner)]);
  return (Array.isArray(value) ? copy.map(([, inner]) => inner) : Object.fromEntries(copy)) as T;
}

/** Returns the texts of attributes that a reader sees or hears. */
function attributesOf(html: string): string {
  return Array.from(
    html.matchAll(/ (?:alt|title|placeholder|aria-label|data-show|data-differ)="([^"]*)"/g),
    ([, text]) => text,
  )
    .join(" ");
}

/** Finds the words that are neither data of the tests, nor a date, nor the letter of a sign. */
function lettersOf(shown: string): string[] {
  const plain = shown.replaceAll(/https?:\S+|\S+@\S+/g, " ").replaceAll(/\d+\. November \d+/g, " ");
  return (plain.match(/\p{L}+/gu) ?? []).filter((word) => word !== "i");
}

/** Opens each page in each of its states. */
async function visitAll(service: TestService): Promise<Page[]> {
  const headers = { "accept-language": "de", accept: "text/html" };
  const get = (path: string, method = "GET") => open(service, path, { headers, method });
  const post = (path: string, fields: Record<string, string>, more: Record<string, string> = {}) =>
    submit(service, path, fields, { headers: { ...headers, ...more } });
  const device = { name: "1", model: "2", platform: "3", language: "de" };
  await service.signedIn("mork.1", { device });
  await service.signedIn("mork.2", { device: { language: "de" } });
  await signedUp(service, { device });
  const first = await resetLink(service, MORK);
  const pages = [
    await get(first),
    await post(first, {}),
    await post(first, fieldsOf("password1")),
    await post(first, { password: NEW, repeat: PASSWORD }),
    await post(first, fieldsOf(NEW), { "sec-fetch-site": "cross-site" }),
    await post(first, fieldsOf(NEW), { "content-type": "application/json" }),
    await get(first, "PUT"),
    await post(first, { password: "x".repeat(20_000) }),
    await post(first, fieldsOf(NEW)),
    await get(first),
  ];
  const later = await resetLink(service, MORK);
  pages.push(await get(later), await post(later, { ...fieldsOf(NEW), unlink: "on" }));
  const { session_token: token } = await (await signInByPassword(service)).json();
  const change = await emailChangeLink(service, token, "0@new.example");
  const taken = await emailChangeLink(service, token, "0@newer.example");
  await signedUp(service, { email: "0@newer.example" });
  const last = await emailChangeLink(service, token, "0@newest.example");
  pages.push(await get(change), await get(taken), await get(last), await post(last, {}), await get(last));
  const deletion = await deletionLink(service, "0@newest.example");
  pages.push(
    await get("/"),
    await get("/nothing"),
    await get("/delete-account"),
    await post("/delete-account", { email: "" }),
    await post("/delete-account", { email: "0@0.example" }),
    await get(deletion),
    await post(deletion, { confirm: "on" }),
    await get(deletion),
    await get("/reset/0"),
    await post("/reset/0", { email: "" }),
    await get("/reset/0/0"),
  );
  for (let count = 0; count < 5; count++) pages.push(await post("/delete-account", { email: "0@0.example" }));
  await service.services.background.idle();
  return pages;
}

Deno.test("a mail is in the language of the device that signed in last, and else in that of the page that asked", async () => {
  await using service = await TestService.open();
  const subjects = () => service.mails.splice(0).map(({ subject }) => subject);
  await signedUp(service);
  const ask = (language: string) =>
    submit(service, "/delete-account", { email: EMAIL }, { headers: { "accept-language": language } });
  await ask("fr");
  await service.runDueTasks();
  assertEquals(subjects(), [TEXTS.fr.mails.kinds.account_deletion.subject.replace("{app}", "Oneclick")]);

  // The device's language is the account's from now on, and is kept when another device tells none.
  await signInByPassword(service, { device: { language: "ja-JP" } });
  await signInByPassword(service, { device: { name: "Kitchen" } });
  await ask("fr");
  await service.runDueTasks();
  const [mail] = service.mails;
  assertStringIncludes(mail?.html ?? "", '<html lang="ja">');
  assertEquals(subjects(), [TEXTS.ja.mails.kinds.account_deletion.subject.replace("{app}", "Oneclick")]);

  // The last mail comes when the account is gone.
  await submit(service, linkOf(mail), { confirm: "on" });
  await service.services.background.idle();
  assertEquals(subjects(), [TEXTS.ja.mails.kinds.account_deleted.subject.replace("{app}", "Oneclick")]);
});

function linkOf(mail: { readonly text: string } | undefined): string {
  return new URL(/http:\/\/localhost:8000\/\S+/.exec(mail?.text ?? "")?.[0] ?? "").pathname;
}

Deno.test("the language of a one-click customer's device is stored, shown in the session, and followed", async () => {
  await using service = await TestService.open();
  const device = { name: "Living room", language: "pt-BR" };
  const { account, session, session_token: token } = await service.signedIn("mork.1", { device });
  assertEquals(session.device, device);
  assertEquals((await recordOf(service, account.id))?.language, "pt-BR");
  const { session: current } = await (await service.request("/v1/sessions/current", { token })).json();
  assertEquals(current.device, device);
  await service.clock.advance(24 * 3_600_000);
  await service.runDueTasks();
  assertEquals(service.mails.map(({ subject }) => subject), ["Escolha uma senha para Oneclick"]);
  assert(linkIn(service).startsWith("/reset/"));

  await service.signedIn("mork.2", { device: { language: "es-ES" } });
  assertEquals((await recordOf(service, account.id))?.language, "es-ES");
  // A sign-in in the same language writes the account no more.
  const before = await service.kv.get(["account", account.id]);
  await service.signedIn("mork.3", { device: { language: "es-ES" } });
  assertEquals((await service.kv.get(["account", account.id])).versionstamp, before.versionstamp);
});
