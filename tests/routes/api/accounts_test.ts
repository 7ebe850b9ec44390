/** `POST /v1/accounts`, in the order of the contract (routes/README.md). */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  accountOf,
  bodyOf,
  countHashing,
  EMAIL,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
  signUp,
} from "../../support/account_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { resetLink } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

Deno.test("POST /v1/accounts answers 201 with a session and the new account", async () => {
  await using service = await TestService.open();
  const device = { name: "Living room", model: "AFTKM", platform: "vega" };
  const response = await signUp(service, {
    email: " Vera@Example.com ",
    name: "Vera Zoe\u0301",
    postal_code: "SW1A 1AA",
    device,
  });
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertMatch(response.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
  const body = await bodyOf(response, 201);
  assertMatch(body.session_token, /^ocs_[0-9a-f]{64}[A-Za-z0-9_-]{43}$/);
  const now = "2026-11-22T10:00:00.000Z";
  assertEquals(body, {
    session_token: body.session_token,
    token_type: "Bearer",
    expires_at: "2027-11-22T10:00:00.000Z",
    expires_in: 31_536_000,
    session: { id: body.session.id, created_at: now, last_used_at: now, device },
    account: {
      id: body.account.id,
      created: true,
      email: "Vera@Example.com",
      email_verified: false,
      name: "Vera Zo\u00e9",
      postal_code: "SW1A 1AA",
      password: "set",
      amazon_linked: false,
      created_at: now,
    },
  });
  const { created: _, ...account } = body.account;
  assertEquals(await accountOf(service, body.session_token), account);
  assertEquals(await service.stored(), { account: 1, email: 1, session: 1, event: 1, tries: 2 });
});

Deno.test("POST /v1/accounts requires only email and password; a blank text counts as absent", async () => {
  await using service = await TestService.open();
  const { account, session } = await signedUp(service, { name: "  " });
  assertEquals([account.name, account.postal_code, session.device], [null, null, {}]);
});

Deno.test("POST /v1/accounts stores the password only as a PHC string, and personal data only sealed", async () => {
  await using service = await TestService.open();
  const { account } = await signedUp(service, { name: "Vera Secret" });
  const { password } = await recordOf(service, account.id);
  assert(password.kind === "set");
  assertMatch(password.phc, /^\$pbkdf2-sha256\$i=1000,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  const latin1 = new TextDecoder("latin1");
  for await (const { key, value } of service.kv.list({ prefix: [] })) {
    const text = key.join("/") + (value instanceof Uint8Array ? latin1.decode(value) : JSON.stringify(value));
    for (const secret of ["vera", "Secret", "horse", "pbkdf2", "192.0.2.1"]) {
      assert(!text.includes(secret), `${secret} in ${String(key[0])}`);
    }
  }
  const log = JSON.stringify(service.log);
  for (const secret of ["vera", "Secret", "horse", "192.0.2.1"]) assert(!log.includes(secret), secret);
});

const wrongFields: [field: string, value: unknown][] = [
  ...[undefined, null, 1, true, [], {}].flatMap((value): [string, unknown][] => [
    ["email", value],
    ["password", value],
  ]),
  ...[1, [], {}].flatMap((value): [string, unknown][] => [["name", value], ["postal_code", value]]),
  ["email", ""],
  ["email", "vera"],
  ["email", "@example.com"],
  ["email", "vera@example"],
  ["email", "vera@exa mple.com"],
  ["email", "vera@@example.com"],
  ["email", "Vera <vera@example.com>"],
  ["email", "vera@example.com, eve@example.com"],
  ["email", "vera@example.com\r\nBcc: eve@example.com"],
  ["email", "vera\u0000@example.com"],
  ["email", "ve\u200Bra@example.com"],
  ["email", "vera\uD800@example.com"],
  ["email", `${"v".repeat(65)}@example.com`],
  ["email", `vera@${"example.".repeat(40)}com`],
  ["email", "v".repeat(10_000)],
  ["password", "tab\tand horse"],
  ["password", "nul\u0000and horse"],
  ["password", "half \uD800 a pair"],
  ["name", "Vera\r\nX-Header: 1"],
  ["name", "v".repeat(257)],
  ["postal_code", "1\u0000"],
  ["postal_code", "1".repeat(33)],
  ["device", "TV"],
  ["device", { name: "v".repeat(129) }],
];

Deno.test("POST /v1/accounts answers invalid_request with the name of the field, and hashes nothing", async (t) => {
  await using service = await TestService.open();
  using hashing = countHashing();
  for (const [field, value] of wrongFields) {
    await t.step(`${field} ${JSON.stringify(value)?.slice(0, 60)}`, async () => {
      const problem = await assertProblem(await signUp(service, { [field]: value }), "invalid_request");
      assertEquals(problem.errors?.map(({ path }) => path.split("/")[1]), [field]);
      const given = typeof value === "string" && value !== "" ? value : "\u0000";
      assert(!JSON.stringify(problem).includes(JSON.stringify(given).slice(1, -1)), "It echoes the value");
    });
  }
  assertEquals([hashing.count, await service.stored()], [0, {}]);
});

Deno.test("POST /v1/accounts names all faults at once", async () => {
  await using service = await TestService.open();
  const { errors } = await assertProblem(await signUp(service, { email: 1, password: 1 }), "invalid_request");
  assertEquals(errors?.map(({ path }) => path), ["/email", "/password"]);
});

Deno.test("POST /v1/accounts answers payload_too_large and unsupported_media_type before anything else", async () => {
  await using service = await TestService.open();
  await assertProblem(await signUp(service, { name: "v".repeat(16_384) }), "payload_too_large");
  const body = JSON.stringify({ email: EMAIL, password: PASSWORD });
  const plain = { method: "POST", headers: { "content-type": "text/plain" }, body };
  await assertProblem(await service.request("/v1/accounts", plain), "unsupported_media_type");
});

Deno.test("POST /v1/accounts accepts unusual but valid emails, and keeps them as typed", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  const emails = [
    "o'reilly+tv@example.org",
    "jürgen@bücher.example",
    "用户@例子.广告",
    "V.e_r-a=1@sub.example.co.uk",
  ];
  for (const email of emails) assertEquals((await signedUp(service, { email })).account.email, email);
});

Deno.test("POST /v1/accounts answers email_taken to every spelling of an email that has an account", async () => {
  await using service = await TestService.open();
  await service.signedIn("mork.1");
  const { session_token } = await signedUp(service, { email: "jürgen@bücher.example" });
  for (
    const email of [
      "mhashimoto-04@plaxo.com",
      " MHashimoto-04@Plaxo.COM ",
      "JÜRGEN@BÜCHER.example",
      "ju\u0308rgen@bu\u0308cher.example",
      "jürgen@xn--bcher-kva.example",
      "jürgen@ｂücher.example",
    ]
  ) await assertProblem(await signUp(service, { email }), "email_taken");
  assertEquals((await service.stored()).account, 2);
  assert(typeof await accountOf(service, session_token) === "object");
});

Deno.test("POST /v1/accounts applies no rule of a single provider, and keeps homographs apart", async () => {
  await using service = await TestService.open();
  const emails = [
    "vera@gmail.com",
    "v.era@gmail.com",
    "vera+tv@gmail.com",
    "v\u0435ra@gmail.com",
    "vera@gm\u0430il.com",
  ];
  const ids = new Set<string>();
  for (const email of emails) ids.add((await signedUp(service, { email })).account.id);
  assertEquals(ids.size, emails.length);
});

Deno.test("POST /v1/accounts answers registration_closed; one click and sign-in stay open", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  await using closed = await TestService.open({ env: { REGISTRATION: "closed" }, kv: service.kv });
  using hashing = countHashing();
  await assertProblem(await signUp(closed, { email: "other@example.com" }), "registration_closed");
  await assertProblem(await signUp(closed), "registration_closed");
  assertEquals(hashing.count, 0);
  assertEquals((await signInByPassword(closed)).status, 200);
  assertEquals((await closed.signIn("new.1")).status, 201);
});

const weak: [name: string, password: string][] = [
  ["7 characters", "1k9x-Qz"],
  ["7 characters of 14 code units", "\u{1F40E}\u{1F40F}\u{1F411}\u{1F412}\u{1F413}\u{1F414}\u{1F416}"],
  ["8 code points that are 4 characters in NFC", "e\u0301o\u0301a\u0301u\u0301"],
  ["257 characters", "k9".repeat(128) + "k"],
  ["10 kB", "k9 ".repeat(3333)],
  ["a common one", "password123"],
  ["a common one in capitals", "PassWord123"],
  ["one character again and again", "aaaaaaaaaa"],
  ["a row upwards", "23456789"],
  ["a row downwards", "HGFEDCBA"],
  ["the email", "Vera.Hall@example.com"],
  ["the local part and digits", "vera.hall1984"],
  ["the domain", "example.com"],
  ["the app's name and digits", "Oneclick2026!"],
];

Deno.test("POST /v1/accounts answers weak_password with the reason, and hashes nothing", async (t) => {
  await using service = await TestService.open();
  using hashing = countHashing();
  for (const [name, password] of weak) {
    await t.step(name, async () => {
      const response = await signUp(service, { email: "vera.hall@example.com", password });
      const { errors } = await assertProblem(response, "weak_password");
      assertEquals(errors?.map(({ path }) => path), ["/password"]);
      assertMatch(errors?.[0]?.message ?? "", /^Must .*[^.]$/);
    });
  }
  assertEquals([hashing.count, await service.stored()], [0, {}]);
});

Deno.test("POST /v1/accounts accepts every other password: long, with spaces, of any script, of one kind of character", async (t) => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  const passwords = [
    "k9 horse",
    " leading and trailing ",
    "nokindofcomposition",
    "73194628",
    "\u{1F40E}\u{1F40F}\u{1F411}\u{1F412}\u{1F413}\u{1F414}\u{1F416}\u{1F418}",
    "пароль лошади",
    "متعدد اللغات",
    "correct oneclick horse",
    "k9".repeat(128),
  ];
  for (const [i, password] of passwords.entries()) {
    await t.step(password.slice(0, 30), async () => {
      const email = `vera${i}@example.org`;
      await signedUp(service, { email, password });
      assertEquals((await signInByPassword(service, { email, password })).status, 200);
    });
  }
});

for (const local of ["mork..h", "mork.", ".mork"]) {
  Deno.test(`an address of a Japanese carrier, ${local}@docomo.ne.jp, is taken at sign-up and from Amazon alike, and gets mail`, async () => {
    const email = `${local}@docomo.ne.jp`;
    // Amazon's profile has the address.
    const open = () =>
      TestService.open({
        wrapFetch: (fetch) => async (url, init) => {
          const response = await fetch(url, init);
          if (!String(url).includes("/user/profile")) return response;
          return Response.json({ ...await response.json(), email });
        },
      });
    await using service = await open();
    assertEquals((await service.signedIn("mork.1")).account.email, email);
    await assertProblem(await signUp(service, { email: email.toUpperCase() }), "email_taken");
    await resetLink(service, email);
    assertEquals(service.mails.at(-1)?.to, [`"${local}"@docomo.ne.jp`]);

    await using other = await open();
    assertEquals((await signedUp(other, { email })).account.email, email);
    assertEquals((await signInByPassword(other, { email })).status, 200);
    await assertProblem(await other.signIn("mork.1"), "link_required");
  });
}
