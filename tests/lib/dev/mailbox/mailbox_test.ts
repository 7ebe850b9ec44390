/** The development mailbox receives mails as the HTTPS mail API does. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";

import { createDevMailbox, type DevMailbox, MAILBOX_API_KEY } from "../../../../lib/dev/mailbox/mailbox.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

const MAIL = {
  from: "Oneclick <hello@signin.example>",
  to: ["vera@example.com"],
  subject: "Choose a password",
  html: '<p>Hello <a href="https://signin.example/reset/abc">Choose</a><script>alert(1)</script></p>',
  text: "Hello <Vera>, choose: https://signin.example/reset/abc\nBye",
  headers: { "Message-ID": "<1@signin.example>" },
};

Deno.test("createDevMailbox stores a mail unchanged, for any base path and origin", async () => {
  const clock = new FakeClock();
  const mailbox = createDevMailbox({ clock });
  for (const url of ["https://mail.test/emails", "http://localhost:8000/dev/mail/emails"]) {
    const response = await post(mailbox, MAIL, { url });
    assertEquals(response.status, 200);
    const { id } = await response.json();
    assertEquals(mailbox.mails[0], { id, receivedAt: clock.now(), idempotencyKey: null, ...MAIL });
  }
  assertEquals(mailbox.mails.length, 2);
});

Deno.test("createDevMailbox stores one mail for an Idempotency-Key and refuses a different one", async () => {
  const mailbox = createDevMailbox({ clock: new FakeClock() });
  const first = await (await post(mailbox, MAIL, { idempotencyKey: "out_1" })).json();
  assertEquals(await (await post(mailbox, MAIL, { idempotencyKey: "out_1" })).json(), first);
  const other = await post(mailbox, { ...MAIL, subject: "Another" }, { idempotencyKey: "out_1" });
  assertEquals([other.status, (await other.json()).name], [409, "invalid_idempotent_request"]);
  assertEquals(mailbox.mails.map(({ idempotencyKey }) => idempotencyKey), ["out_1"]);
});

for (
  const { what, body = MAIL, options = {}, status, name } of [
    {
      what: "a request without an API key",
      options: { authorization: null },
      status: 401,
      name: "missing_api_key",
    },
    {
      what: "a wrong API key",
      options: { authorization: "Bearer no" },
      status: 403,
      name: "invalid_api_key",
    },
    {
      what: "an Idempotency-Key of 257 characters",
      options: { idempotencyKey: "x".repeat(257) },
      status: 400,
      name: "invalid_idempotency_key",
    },
    { what: "a mail without a recipient", body: { ...MAIL, to: [] }, status: 422, name: "validation_error" },
    {
      what: "a mail without a text part",
      body: { ...MAIL, text: undefined },
      status: 422,
      name: "validation_error",
    },
    { what: "a body that is not JSON", body: "{", status: 422, name: "validation_error" },
  ]
) {
  Deno.test(`createDevMailbox refuses ${what}`, async () => {
    const mailbox = createDevMailbox({ clock: new FakeClock() });
    const response = await post(mailbox, body, options);
    const error = await response.json();
    assertEquals([response.status, error.statusCode, error.name], [status, status, name]);
    assertEquals(typeof error.message, "string");
    assertEquals(mailbox.mails, []);
  });
}

Deno.test("createDevMailbox keeps the newest 500 mails", async () => {
  const mailbox = createDevMailbox({ clock: new FakeClock() });
  for (let i = 1; i <= 501; i++) await (await post(mailbox, { ...MAIL, subject: `No. ${i}` })).body?.cancel();
  assertEquals(mailbox.mails.length, 500);
  assertEquals([mailbox.mails[0]?.subject, mailbox.mails[499]?.subject], ["No. 501", "No. 2"]);
});

Deno.test("createDevMailbox shows the list and a mail with escaped text and clickable links", async () => {
  const mailbox = createDevMailbox({ clock: new FakeClock() });
  const { id } = await (await post(mailbox, MAIL)).json();
  const list = await get(mailbox, "/dev/mail");
  assertStringIncludes(list.text, `<a href="/dev/mail/${id}"><strong>Choose a password</strong>`);
  const { text, policy } = await get(mailbox, `/dev/mail/${id}`);
  assertStringIncludes(text, "Oneclick &lt;hello@signin.example&gt;");
  assertStringIncludes(text, "<dt>Message-ID</dt><dd>&lt;1@signin.example&gt;</dd>");
  assertStringIncludes(
    text,
    'Hello &lt;Vera&gt;, choose: <a href="https://signin.example/reset/abc">https://signin.example/reset/abc</a>',
  );
  assert(!text.includes("alert(1)"), "The page contains the HTML part itself");
  assertMatch(policy, /^default-src 'none'; style-src 'sha256-[^']+'; frame-src 'self';/);
});

Deno.test("createDevMailbox serves the HTML part without scripts and requests, with links that leave the frame", async () => {
  const mailbox = createDevMailbox({ clock: new FakeClock() });
  for (const html of [MAIL.html, `<!DOCTYPE html><html><head lang="en"></head>${MAIL.html}</html>`]) {
    const { id } = await (await post(mailbox, { ...MAIL, html })).json();
    const { text, policy } = await get(mailbox, `/dev/mail/${id}/html`);
    assertEquals(text.replace('<base target="_top">', ""), html);
    assertMatch(text, /^(?:<!DOCTYPE html><html><head lang="en">)?<base target="_top">/);
    assertMatch(policy, /default-src 'none'.*sandbox allow-popups allow-top-navigation-by-user-activation$/);
  }
  for (const path of ["/dev/mail/none", "/dev/mail/none/html"]) {
    assertEquals((await get(mailbox, path)).status, 404);
  }
});

function post(
  mailbox: DevMailbox,
  body: unknown,
  { url = "https://mail.test/emails", authorization = `Bearer ${MAILBOX_API_KEY}`, idempotencyKey }: {
    url?: string;
    authorization?: string | null;
    idempotencyKey?: string;
  } = {},
): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json" });
  if (authorization !== null) headers.set("authorization", authorization);
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return mailbox.fetch(new Request(url, { method: "POST", headers, body: text }));
}

async function get(mailbox: DevMailbox, path: string) {
  const response = await mailbox.fetch(new Request(`http://localhost:8000${path}`));
  const policy = response.headers.get("content-security-policy") ?? "";
  return { status: response.status, text: await response.text(), policy };
}
