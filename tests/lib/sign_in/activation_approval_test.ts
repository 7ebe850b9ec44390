/** The first decision stands: the same form twice, two phones, wrong passwords, and refused forms. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { accountOf, EMAIL, PASSWORD, recordOf, signedUp } from "../../support/account_requests.ts";
import {
  mailedTv,
  poll,
  polled,
  scannedTv,
  signInOnPhone,
  signUpOnPhone,
} from "../../support/activation_requests.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { open, submit } from "../../support/mailed_links.ts";
import { TestService } from "../../support/test_service.ts";

const MINUTE_MS = 60_000;
const OTHER = "other@example.com";

Deno.test("the same form, sent again, gets the same page for 10 minutes, before and after the TV has asked", async () => {
  await using service = await TestService.open();
  await signedUp(service, { email: OTHER });
  const ways = {
    sign_up: () =>
      scannedTv(service).then(({ tv, path }) => ({ tv, send: () => signUpOnPhone(service, path) })),
    sign_in: () =>
      scannedTv(service).then(({ tv, path }) => ({ tv, send: () => signInOnPhone(service, path) })),
    approve: async () => {
      const { tv, path } = await scannedTv(service);
      const link = await mailedTv(service, path);
      return { tv, send: () => submit(service, link, { do: "approve" }) };
    },
  };
  for (const [way, start] of Object.entries(ways)) {
    const { tv, send } = await start();
    const first = await send();
    assertEquals([first.status, first.heading], [200, "Look at your TV"], way);
    assertEquals((await send()).html, first.html, way);
    const { session_token } = await polled(service, tv, way === "sign_up" ? 201 : 200);
    await service.clock.advance(10 * MINUTE_MS - 1);
    assertEquals((await send()).html, first.html, way);
    assertEquals(typeof await accountOf(service, session_token), "object");
  }
});

Deno.test("a second phone of another account is told that the code was used, and changes nothing", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const { account: other } = await signedUp(service, { email: OTHER });
  const { tv, path } = await scannedTv(service);
  const link = await mailedTv(service, path, OTHER);
  assertEquals((await signInOnPhone(service, path)).status, 200);
  const second = [
    await signInOnPhone(service, path, { email: OTHER }),
    await signInOnPhone(service, path, { password: "wrong password" }),
    await signUpOnPhone(service, path, { email: "third@example.com" }),
    await submit(service, link, { do: "approve" }),
    await submit(service, path, { do: "deny" }),
    await submit(service, link, { do: "deny" }),
    await submit(service, path, { do: "mail", email: OTHER }),
    await open(service, path),
    await open(service, link),
  ];
  for (const page of second) {
    assertEquals([page.status, page.heading], [410, "This code was used"]);
    assertStringIncludes(page.text, "get a new code there");
  }
  assertEquals((await polled(service, tv)).account.email, EMAIL);
  assertEquals((await recordOf(service, other.id)).email_verified, false);
  assertEquals(
    (await service.send("POST", "/v1/sessions", { email: "third@example.com", password: PASSWORD })).status,
    401,
  );
});

Deno.test("an activation ends after 20 wrong passwords, and no password limit keeps it alive", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  await signedUp(service);
  const { tv, path } = await scannedTv(service);
  for (let i = 1; i <= 20; i++) {
    const page = await signInOnPhone(service, path, { password: `wrong password ${i}` });
    assertEquals(page.status, i < 20 ? 422 : 410, String(i));
    if (i === 19) await assertProblem(await poll(service, tv), "authorization_pending");
  }
  await assertProblem(await poll(service, tv), "expired_token");
  for (
    const page of [
      await signInOnPhone(service, path),
      await open(service, path),
      await signUpOnPhone(service, path, { email: OTHER }),
    ]
  ) {
    assertEquals([page.status, page.heading], [410, "This code has ended"]);
  }
  await assertProblem(await poll(service, tv), "expired_token");
  // Another TV of the same customer is not concerned.
  const { tv: next, path: nextPath } = await scannedTv(service);
  assertEquals((await signInOnPhone(service, nextPath)).status, 200);
  await polled(service, next);
});

Deno.test("the 20th password may be the right one", async () => {
  await using service = await TestService.open({ env: { PASSWORD_TRIES_PER_15_MINUTES: "0" } });
  await signedUp(service);
  const { tv, path } = await scannedTv(service);
  for (let i = 1; i < 20; i++) await signInOnPhone(service, path, { password: "wrong password" });
  assertEquals((await signInOnPhone(service, path)).status, 200);
  await polled(service, tv);
});

Deno.test("wrong passwords on a phone count for account and address, and then the page says when to try again", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const [one, two] = [await scannedTv(service), await scannedTv(service)];
  for (let i = 0; i < 10; i++) {
    assertEquals((await signInOnPhone(service, (i % 2 ? one : two).path, { password: "wrong" })).status, 422);
  }
  const page = await signInOnPhone(service, one.path);
  assertEquals([page.status, page.headers.get("retry-after")], [429, "900"]);
  await assertProblem(await poll(service, one.tv), "authorization_pending");
});

Deno.test("a refused form comes back with its fault and what was typed, and without the password", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const { tv, path } = await scannedTv(service);
  const wrong: [fields: Record<string, string>, fault: string, field: string][] = [
    [{ do: "sign_in", email: "nobody", password: "x" }, "Type an email address", "#email"],
    [{ do: "mail", email: "nobody" }, "Type an email address", "#email"],
    [{ do: "sign_in", email: EMAIL, password: "" }, "Type your password", "#password"],
    [{ do: "approve", email: EMAIL }, "Type your password", "#password"],
    [
      { do: "sign_in", email: EMAIL, password: "sesame-1" },
      "The email or the password is wrong",
      "#password",
    ],
    [
      { do: "sign_in", email: OTHER, password: "sesame-1" },
      "The email or the password is wrong",
      "#password",
    ],
    [
      { do: "sign_in", email: EMAIL, password: "sesame".repeat(50) },
      "The email or the password is wrong",
      "#password",
    ],
    [{ do: "sign_up", email: "nobody", password: "x" }, "Type an email address", "#new-email"],
    [{ do: "sign_up", email: OTHER, password: "" }, "Type the password that you choose", "#new-password"],
    [{ do: "sign_up", email: OTHER, password: "sesame" }, "at least 8 characters", "#new-password"],
    [
      { do: "sign_up", email: EMAIL, password: PASSWORD },
      "There is an account with this email",
      "#new-email",
    ],
  ];
  for (const [fields, fault, field] of wrong) {
    const page = await submit(service, path, fields);
    assertEquals(page.status, 422, fault);
    assertStringIncludes(page.text, fault);
    assertStringIncludes(page.html, `href="${field}"`);
    if (fields.email !== undefined) assertStringIncludes(page.html, `value="${fields.email}"`);
    assertEquals(page.html.includes("sesame"), false);
  }
  await assertProblem(await poll(service, tv), "authorization_pending");
  assertEquals((await service.stored()).account, 1);
});

Deno.test("a form that is not ours is refused, and approves nothing", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const { tv, path } = await scannedTv(service);
  const good = { do: "sign_in", email: EMAIL, password: PASSWORD };
  const { do: _, ...without } = good;
  assertEquals((await submit(service, path, without)).status, 400);
  assertEquals((await submit(service, path, { ...good, do: "delete" })).status, 400);
  assertEquals((await submit(service, path, { ...good, do: "sign_up", name: "x".repeat(257) })).status, 400);
  assertEquals(
    (await submit(service, path, good, { headers: { "sec-fetch-site": "cross-site" } })).status,
    403,
  );
  for (const method of ["GET", "HEAD"]) {
    const response = await service.request(`${path}?${new URLSearchParams(good)}`, { method });
    assertEquals(response.status, 200);
    await response.body?.cancel();
  }
  await assertProblem(await poll(service, tv), "authorization_pending");
});

Deno.test("a page that never was answers 404 to every form, and a code that is over says so for a while", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  for (const path of [`/activate/${"x".repeat(43)}`, `/activate/${"x".repeat(64)}`, "/activate/x"]) {
    for (
      const fields of [{ do: "deny" }, { do: "approve" }, { do: "sign_in", email: EMAIL, password: PASSWORD }]
    ) {
      const page = await submit(service, path, fields);
      assertEquals([page.status, page.heading], [404, "No TV is waiting here"]);
    }
    assertEquals((await open(service, path)).status, 404);
  }
  const { path, tv } = await scannedTv(service);
  const link = await mailedTv(service, path);
  await service.clock.advance(15 * MINUTE_MS);
  const ended = [
    await open(service, path),
    await signInOnPhone(service, path),
    await submit(service, path, { do: "deny" }),
    await submit(service, path, { do: "mail", email: EMAIL }),
  ];
  for (const page of ended) assertEquals([page.status, page.heading], [410, "This code has ended"]);
  assertEquals(
    [(await open(service, link)).status, (await submit(service, link, { do: "approve" })).status],
    [404, 404],
  );
  await assertProblem(await poll(service, tv), "expired_token");
  await service.clock.advance(15 * MINUTE_MS);
  assertEquals((await open(service, path)).status, 404);
});
