/**
 * `POST /v1/password-resets`: its responses, which do not tell whether there is an account, and the limits of its
 * mails.
 */
import { assert, assertEquals } from "@std/assert";
import { bodyOf, EMAIL, signedUp } from "../../support/account_requests.ts";
import { TestService, type TestServiceOptions } from "../../support/test_service.ts";
import { deletionLink, submit } from "../../support/mailed_links.ts";
import { assertProblem } from "../../support/contract_problems.ts";
import { aroundKv } from "../../support/kv_hooks.ts";

const NO_MAIL = { MAIL_URL: "", MAIL_FROM: "" };
const HOUR_MS = 3_600_000;

function ask(service: TestService, body: unknown = { email: EMAIL }, address?: string): Promise<Response> {
  return service.send("POST", "/v1/password-resets", body, address === undefined ? {} : { address });
}

Deno.test("POST /v1/password-resets answers 202 and mails a link under PUBLIC_URL to the address of the account", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const response = await ask(service, { email: " Vera@EXAMPLE.com " });
  const body = await bodyOf<Record<string, unknown>>(response, 202);
  assertEquals(Object.keys(body), ["message"]);
  assertEquals(response.headers.get("cache-control"), "no-store");
  await service.runDueTasks();
  assertEquals(service.mails.map(({ to }) => to), [[EMAIL]]);
  assert(/http:\/\/localhost:8000\/reset\/[A-Za-z0-9_-]{64}\n/.test(service.mails[0]?.text ?? ""));
});

Deno.test("POST /v1/password-resets mails a link under PUBLIC_URL for any Host of the request", async () => {
  await using service = await TestService.open({ env: { PUBLIC_URL: "https://signin.example/app" } });
  await signedUp(service);
  const headers = {
    "content-type": "application/json",
    host: "evil.example",
    "x-forwarded-host": "evil.example",
    forwarded: "host=evil.example",
  };
  const init = { method: "POST", headers, body: JSON.stringify({ email: EMAIL }) };
  assertEquals((await service.request("/v1/password-resets", init)).status, 202);
  await service.runDueTasks();
  const [mail] = service.mails;
  assert(mail?.text.includes("https://signin.example/app/reset/"));
  assertEquals(JSON.stringify(mail).includes("evil"), false);
});

Deno.test("POST /v1/password-resets answers invalid_request to a text that is not an email, and mails nothing", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const bodies = [
    {},
    { email: null },
    { email: "" },
    { email: "vera" },
    { email: `${EMAIL}\r\nBcc: mallory@example.com` },
    { email: `${EMAIL}, mallory@example.com` },
    { email: `Vera <${EMAIL}>` },
    { email: `${"v".repeat(320)}@example.com` },
    [EMAIL],
  ];
  for (const body of bodies) {
    const { errors = [] } = await assertProblem(await ask(service, body), "invalid_request");
    assert(errors.length > 0);
  }
  await service.runDueTasks();
  assertEquals([service.mails.length, (await service.stored()).mail], [0, undefined]);
});

/** Counts the operations of the database by their names. */
class Trips {
  counts: Record<string, number> = {};
  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    aroundKv(kv, (name, call) => {
      this.counts[name] = (this.counts[name] ?? 0) + 1;
      return call();
    });
}

for (const [how, env] of Object.entries({ "mail on": {}, "mail off": NO_MAIL })) {
  Deno.test(`POST /v1/password-resets does the same work and gives the same response for known, unknown, temporary and deleted accounts, ${how}`, async () => {
    const trips = new Trips();
    await using service = await TestService.open({ wrapKv: trips.wrap, env });
    await signedUp(service);
    const oneClick = await service.signedIn("mork.1");
    const gone = "gone@example.com";
    await signedUp(service, { email: gone });
    if (how === "mail on") {
      await submit(service, await deletionLink(service, gone), { confirm: "yes" }, { address: "192.0.2.99" });
      await service.runDueTasks();
    }
    const seen: unknown[] = [];
    const known = [EMAIL, oneClick.account.email];
    for (const email of [...known, "nobody@example.com", gone]) {
      await service.services.background.idle();
      trips.counts = {};
      // The work after the response must not be counted, so it is not started.
      const { start } = service.services.background;
      service.services.background.start = () => {};
      const before = service.log.length;
      const response = await ask(service, { email }, `192.0.2.${seen.length}`);
      service.services.background.start = start;
      const { "x-request-id": id, ...headers } = Object.fromEntries(response.headers);
      assert(id);
      const log = service.log.slice(before).map(({ "@timestamp": _, request_id: __, ...line }) => line);
      seen.push([response.status, headers, await response.text(), trips.counts, log]);
    }
    for (const other of seen.slice(1)) assertEquals(other, seen[0]);
    const { commit, get = 0, getMany = 0 } = (seen[0] as unknown[])[3] as Record<string, number>;
    assertEquals([commit, get + getMany], how === "mail on" ? [2, 2] : [1, 1]);
    await service.runDueTasks();
    const to = service.mails.filter(({ text }) => text.includes("/reset/")).map(({ to }) => to[0]);
    assertEquals(to.toSorted(), how === "mail on" ? known.toSorted() : []);
  });
}

Deno.test("POST /v1/password-resets: thousands of requests from many addresses send a handful of mails", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  const statuses: Record<number, number> = {};
  const mailsByHour: number[] = [];
  for (let count = 0; count < 5000; count++) {
    const { status } = await ask(service, { email: EMAIL }, `10.${count >> 8 & 255}.${count & 255}.1`);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 202) await service.runDueTasks();
    if (count === 207) mailsByHour.push(service.mails.length);
    // A day in 5,000 steps. No timer is set.
    service.clock.jump(24 * HOUR_MS / 5000);
  }
  assertEquals(mailsByHour, [9]);
  // 3 mails in each window. The third window and all later ones last an hour, as long as a link is good.
  assertEquals([service.mails.length, statuses[202]], [78, 5000]);
});

Deno.test("POST /v1/password-resets answers rate_limited to one address for an account, known or not, and for all accounts", async () => {
  await using service = await TestService.open();
  await signedUp(service);
  for (const email of [EMAIL, "nobody@example.com"]) {
    for (let count = 0; count < 3; count++) {
      assertEquals((await ask(service, { email }, "192.0.2.9")).status, 202);
    }
    const response = await ask(service, { email: email.toUpperCase() }, "192.0.2.9");
    const { errors, detail } = await assertProblem(response, "rate_limited");
    assertEquals([response.headers.get("retry-after"), errors], ["900", undefined]);
    assertEquals(detail.includes("account"), false);
    // From anywhere else the answer is as before, and the link of the last mail stays good.
    assertEquals((await ask(service, { email }, "192.0.2.10")).status, 202);
  }
  for (let count = 0; count < 20; count++) {
    assertEquals((await ask(service, { email: `${count}@example.com` }, "198.51.100.1")).status, 202);
  }
  await assertProblem(await ask(service, { email: "21@example.com" }, "198.51.100.1"), "rate_limited");
  assertEquals((await ask(service, { email: "21@example.com" }, "198.51.100.2")).status, 202);
});

Deno.test("POST /v1/password-resets answers storage_unavailable when nothing can be written, and mails nothing", async () => {
  let broken = false;
  const options: TestServiceOptions = {
    wrapKv: (kv) =>
      aroundKv(
        kv,
        (name, call) =>
          broken && name === "commit" ? Promise.reject(new TypeError("database is locked")) : call(),
      ),
  };
  await using service = await TestService.open(options);
  await signedUp(service);
  broken = true;
  await assertProblem(await service.answerOf(ask(service)), "storage_unavailable");
  broken = false;
  await service.runDueTasks();
  assertEquals(service.mails, []);
});

const ASKING: Record<string, (service: TestService, email: string) => Promise<{ readonly status: number }>> =
  {
    "POST /v1/password-resets": (service, email) => ask(service, { email }),
    "POST /delete-account": (service, email) => submit(service, "/delete-account", { email }),
    "POST /reset/{token}": (service, email) => submit(service, "/reset/nothing", { email }),
    "POST /activate/{token}": async (service, email) => {
      const activation = await (await service.send("POST", "/v1/activations", {})).json();
      const { headers } = await submit(service, "/activate", { code: activation.user_code });
      const path = new URL(headers.get("location") ?? "", "http://localhost:8000/activate").pathname;
      return await submit(service, path, { do: "mail", email });
    },
  };

for (const [what, asking] of Object.entries(ASKING)) {
  Deno.test(`${what} is followed by no work for a second, with or without an account, and the mail comes within four`, async () => {
    for (const email of [EMAIL, "nobody@example.com"]) {
      const trips = new Trips();
      await using service = await TestService.open({ wrapKv: trips.wrap });
      await signedUp(service);
      const { status } = await asking(service, email);
      assert(status === 200 || status === 202, String(status));
      await service.services.background.idle();
      trips.counts = {};
      await service.clock.advance(999);
      assertEquals([trips.counts, service.mails.length], [{}, 0]);
      await service.clock.advance(3001);
      await service.services.background.idle();
      assertEquals(service.mails.map(({ to }) => to[0]), email === EMAIL ? [EMAIL] : []);
      assertEquals((await service.stored()).mail, undefined);
    }
  });
}
