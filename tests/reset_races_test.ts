/**
 * A reset beside everything else that can happen to its account at the same time, with a database that fails, and in
 * any order (issue 5).
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  accountOf,
  answered,
  EMAIL,
  PASSWORD,
  recordOf,
  signedUp,
  signInByPassword,
  ticketOf,
} from "./account_calls.ts";
import { aroundKv, type KvCall } from "./around_kv.ts";
import { House, type HouseOptions, type SignedInBody } from "./house.ts";
import { deletionLink, linkIn, open, type Page, resetLink, submit } from "./mailed_links.ts";

const NEW = "seven quiet herons";
const MORK = "mhashimoto-04@plaxo.com";
const HOUR_MS = 3_600_000;

function choose(
  house: House,
  link: string,
  password = NEW,
  more: Record<string, string> = {},
): Promise<Page> {
  return submit(house, link, { password, repeat: password, ...more });
}

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

Deno.test("of two posts of one link at once one sets its password, and the other is told that it was used", async () => {
  for (let round = 0; round < 10; round++) {
    await using house = await House.open();
    await signedUp(house);
    const link = await resetLink(house, EMAIL);
    const passwords = ["seven quiet herons", "eight loud magpies", "nine small wrens"];
    const pages = await Promise.all(passwords.map((password) => choose(house, link, password)));
    assertEquals(pages.map(({ status }) => status).toSorted(), [200, 410, 410]);
    for (const [i, password] of passwords.entries()) {
      const expected = pages[i]?.status === 200 ? 200 : 401;
      assertEquals(await statusOf(signInByPassword(house, { password })), expected);
    }
  }
});

Deno.test("a sign-in with the old password beside a reset is signed in before it and out by it, or refused", async () => {
  for (let round = 0; round < 10; round++) {
    await using house = await House.open();
    await signedUp(house);
    const link = await resetLink(house, EMAIL);
    const [signIn, page] = await Promise.all([signInByPassword(house), choose(house, link)]);
    const { session_token: token }: SignedInBody = await signIn.json();
    assertEquals(page.status, 200);
    assert([200, 401].includes(signIn.status));
    if (signIn.status === 200) assertEquals(await accountOf(house, token), 401);
    assertEquals(await statusOf(signInByPassword(house)), 401);
  }
});

Deno.test("a one-click sign-in beside a reset that unlinks is signed in before it and out by it, or asked to link", async () => {
  for (let round = 0; round < 10; round++) {
    await using house = await House.open();
    await house.signedIn("mork.1");
    const link = await resetLink(house, MORK);
    const [signIn, page] = await Promise.all([
      house.signIn("mork.2"),
      choose(house, link, NEW, { unlink: "on" }),
    ]);
    const { session_token: token }: SignedInBody = await signIn.json();
    assertEquals(page.status, 200);
    assert([200, 409].includes(signIn.status));
    if (signIn.status === 200) assertEquals(await accountOf(house, token), 401);
    assertEquals(await statusOf(house.signIn("mork.3")), 409);
  }
});

Deno.test("a deletion beside a reset leaves nothing, whichever was first", async () => {
  for (let round = 0; round < 10; round++) {
    await using house = await House.open();
    await signedUp(house);
    const reset = await resetLink(house, EMAIL);
    const deletion = await deletionLink(house, EMAIL);
    const [chosen, deleted] = await Promise.all([choose(house, reset), submit(house, deletion, {})]);
    assertEquals(deleted.status, 200);
    assert([200, 404].includes(chosen.status));
    await house.runDueTasks();
    for (const password of [PASSWORD, NEW]) {
      assertEquals(await statusOf(signInByPassword(house, { password })), 401);
    }
    const { account, email, session, mailed_link } = await house.stored();
    assertEquals([account, email, session, mailed_link], [undefined, undefined, undefined, undefined]);
  }
});

Deno.test("a second mail beside a reset ends its link before it, or is not needed after it", async () => {
  for (let round = 0; round < 10; round++) {
    await using house = await House.open();
    await signedUp(house);
    const link = await resetLink(house, EMAIL);
    const [page, asked] = await Promise.all([
      choose(house, link),
      house.send("POST", "/v1/password-resets", { email: EMAIL }),
    ]);
    await asked.body?.cancel();
    await house.runDueTasks();
    assertEquals(asked.status, 202);
    assert([200, 404].includes(page.status));
    const signedIn = await statusOf(signInByPassword(house, { password: NEW }));
    assertEquals(signedIn, page.status === 200 ? 200 : 401);
    // At most one link is good.
    const good = await Promise.all(
      [link, linkIn(house)].map(async (path) => (await open(house, path)).status),
    );
    assert(good.filter((status) => status === 200).length <= 1);
  }
});

/** A mail API that takes every mail; while its answers are lost the service does not know. */
function takingMails(api: { answersAreLost: boolean }): HouseOptions {
  return {
    wrapFetch: (fetch) => async (input, init) => {
      const response = await fetch(input, init);
      return api.answersAreLost && String(input).startsWith("https://mail.test/")
        ? new Response(null, { status: 503 })
        : response;
    },
  };
}

Deno.test("a mail that is tried again does not make a used link good", async () => {
  const api = { answersAreLost: true };
  await using house = await House.open(takingMails(api));
  await signedUp(house);
  const link = await resetLink(house, EMAIL);
  assertEquals((await choose(house, link)).status, 200);
  api.answersAreLost = false;
  await house.clock.advance(HOUR_MS / 2);
  await house.runDueTasks();
  assertEquals([house.mails.length, (await open(house, link)).status], [1, 410]);
});

for (const [used, which] of ["older", "newer"].entries()) {
  Deno.test(`of two links that are good the ${which}, when it is used, ends the other and its mail`, async () => {
    const api = { answersAreLost: false };
    await using house = await House.open(takingMails(api));
    await signedUp(house);
    const links = [await resetLink(house, EMAIL)];
    api.answersAreLost = true;
    links.push(await resetLink(house, EMAIL));
    const statuses = () => Promise.all(links.map(async (link) => (await open(house, link)).status));
    assertEquals(await statuses(), [200, 200]);
    assertEquals((await choose(house, links[used] ?? "")).status, 200);
    const expected = links.map((_, i) => i === used ? 410 : 404);
    assertEquals(await statuses(), expected);
    api.answersAreLost = false;
    await house.clock.advance(HOUR_MS / 2);
    await house.runDueTasks();
    assertEquals([house.mails.length, await statuses()], [2, expected]);
  });
}

/** Does something when a reset has read everything and is about to write. */
function beforeCommit(house: House, work: () => Promise<unknown>): void {
  const { hasher } = house.services;
  const hash = hasher.hash.bind(hasher);
  hasher.hash = async (password) => {
    hasher.hash = hash;
    await work();
    return await hash(password);
  };
}

Deno.test("a reset keeps what was changed in the account while it hashed", async () => {
  await using house = await House.open();
  const { session_token: token, account } = await signedUp(house);
  const link = await resetLink(house, EMAIL);
  beforeCommit(house, () => house.send("PATCH", "/v1/account", { name: "Vera the Second" }, { token }));
  assertEquals((await choose(house, link)).status, 200);
  assertEquals((await recordOf(house, account.id)).name, "Vera the Second");
});

Deno.test("a reset that unlinks unlinks an Amazon customer who was linked while it hashed", async () => {
  await using house = await House.open();
  await signedUp(house, { email: MORK });
  const link = await resetLink(house, MORK);
  const link_ticket = await ticketOf(house, "twin.1");
  beforeCommit(house, () => signInByPassword(house, { email: MORK, link_ticket }));
  assertEquals((await choose(house, link, NEW, { unlink: "on" })).status, 200);
  assertEquals(await statusOf(house.signIn("twin.2")), 409);
});

Deno.test("a reset whose link was ended by a newer mail while it hashed changes nothing, and the newer one is good", async () => {
  await using house = await House.open();
  await signedUp(house);
  const link = await resetLink(house, EMAIL);
  beforeCommit(house, () => resetLink(house, EMAIL));
  assertEquals((await choose(house, link)).status, 404);
  assertEquals(await statusOf(signInByPassword(house)), 200);
  assertEquals((await choose(house, linkIn(house))).status, 200);
});

Deno.test("a reset whose account was deleted while it hashed brings nothing back", async () => {
  await using house = await House.open();
  await signedUp(house);
  const link = await resetLink(house, EMAIL);
  const deletion = await deletionLink(house, EMAIL);
  beforeCommit(house, () => submit(house, deletion, {}));
  assertEquals((await choose(house, link)).status, 404);
  assertEquals((await house.stored()).account, undefined);
});

type Fault = "fails once" | "fails" | "takes effect once and fails" | "takes effect once and conflicts";
const FAULTS: readonly Fault[] = [
  "fails once",
  "fails",
  "takes effect once and fails",
  "takes effect once and conflicts",
];

/** Breaks the operations of a kind, from the how-manieth since it was armed. */
class Breaker {
  seen = 0;
  #kind: KvCall | null = null;
  #at = 0;
  #fault: Fault = "fails";

  arm(kind: KvCall, at: number, fault: Fault): void {
    [this.#kind, this.#at, this.#fault, this.seen] = [kind, at, fault, 0];
  }

  mend(): void {
    this.#kind = null;
  }

  readonly wrap = (kv: Deno.Kv): Deno.Kv =>
    aroundKv(kv, async (name, call) => {
      if (name !== this.#kind) return await call();
      const count = this.seen++;
      const once = this.#fault !== "fails";
      if (once ? count !== this.#at : count < this.#at) return await call();
      if (this.#fault.startsWith("takes effect")) await call();
      // What a commit resolves with when a check failed; nothing else conflicts.
      if (this.#fault.endsWith("conflicts")) return { ok: false } as Awaited<ReturnType<typeof call>>;
      throw new TypeError("connection reset");
    });
}

for (const [kind, count] of [["get", 1], ["getMany", 2], ["commit", 2]] as const) {
  for (const fault of kind === "commit" ? FAULTS : FAULTS.slice(0, 2)) {
    for (let at = 0; at < count; at++) {
      Deno.test(`a reset whose ${kind} ${at + 1} of ${count} ${fault} is done whole or not at all, and says which`, async () => {
        const breaker = new Breaker();
        await using house = await House.open({ wrapKv: breaker.wrap });
        const { session_token: token, account } = await signedUp(house);
        const link = await resetLink(house, EMAIL);
        await house.services.background.idle();
        const before = await recordOf(house, account.id);
        breaker.arm(kind, at, fault);
        const page = await house.answerOf(choose(house, link));
        assert(breaker.seen > at, "The operation was never made");
        breaker.mend();
        // The last commit only tidies up what is worth nothing any more.
        const fails = fault === "fails" && !(kind === "commit" && at === 1);
        assertEquals(page.status, fails ? 503 : 200);
        if (fails) {
          assertEquals(page.headers.get("retry-after"), "1");
          assertEquals(await recordOf(house, account.id), before);
          assertEquals((await choose(house, link)).status, 200);
        }
        assertEquals((await choose(house, link)).status, 410);
        assertEquals(await accountOf(house, token), 401);
        assertEquals(await statusOf(signInByPassword(house)), 401);
        assertEquals(await statusOf(signInByPassword(house, { password: NEW })), 200);
        assertEquals((await recordOf(house, account.id)).session_epoch, 1);
      });
    }
  }
}

Deno.test("a reset that takes effect while its answer hangs is found to be done by the next try", async () => {
  let hanging = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  await using house = await House.open({
    wrapKv: (kv) =>
      aroundKv(kv, async (name, call) => {
        const result = await call();
        if (hanging && name === "commit") await promise;
        return result;
      }),
  });
  await signedUp(house);
  const link = await resetLink(house, EMAIL);
  await house.services.background.idle();
  hanging = true;
  const page = await answered(house, choose(house, link));
  assertEquals([page.status, page.headers.get("retry-after")], [503, "1"]);
  hanging = false;
  resolve();
  const again = await choose(house, link);
  assertEquals([again.status, again.heading], [410, "This link was used"]);
  assertEquals(await statusOf(signInByPassword(house, { password: NEW })), 200);
});

/** What a customer does in the property below. */
type Step =
  | "one click"
  | "sign in"
  | "link"
  | "ask"
  | "choose"
  | "choose and unlink"
  | "use an older link"
  | "wait";
const STEPS: readonly Step[] = [
  "one click",
  "sign in",
  "link",
  "ask",
  "choose",
  "choose and unlink",
  "use an older link",
  "wait",
];

/** What should be so, kept by hand. */
class Model {
  password: string | null = null;
  linked = true;
  verified = false;
  epoch = 0;
  /** Tokens of sessions, with whether they are alive. */
  readonly sessions = new Map<string, boolean>();
  link: { readonly path: string; readonly expiresAt: number; used: boolean } | null = null;
  readonly older: string[] = [];
  count = 0;

  signedIn({ session_token: token }: SignedInBody): void {
    this.sessions.set(token, true);
  }

  statusOfLink(now: number): number {
    if (this.link === null || this.link.expiresAt <= now) return 404;
    return this.link.used ? 410 : 200;
  }

  choose(password: string, unlink: boolean): void {
    const stay = this.password === null && !unlink;
    this.password = password;
    this.verified = true;
    if (unlink) this.linked = false;
    if (!stay) {
      this.epoch++;
      for (const token of this.sessions.keys()) this.sessions.set(token, false);
    }
    if (this.link !== null) this.link.used = true;
  }
}

async function take(house: House, model: Model, step: Step): Promise<void> {
  const code = `mork.${++model.count}`;
  const password = model.password ?? "whatever they try";
  switch (step) {
    case "one click": {
      const response = await house.signIn(code);
      const body = await response.json();
      assertEquals(response.status, model.linked ? 200 : 409);
      if (response.ok) model.signedIn(body);
      return;
    }
    case "sign in":
    case "link": {
      const ticket = step === "link" && !model.linked && { link_ticket: await ticketOf(house, code) };
      const response = await signInByPassword(house, { email: MORK, password, ...ticket });
      const body = await response.json();
      assertEquals(response.status, model.password === null ? 401 : 200);
      if (!response.ok) return;
      model.signedIn(body);
      if (ticket) model.linked = true;
      return;
    }
    case "ask": {
      house.clock.jump(5 * HOUR_MS); // So that no limit is reached.
      if (model.link !== null) model.older.push(model.link.path);
      const path = await resetLink(house, MORK);
      model.link = { path, expiresAt: house.clock.now() + HOUR_MS, used: false };
      return;
    }
    case "choose":
    case "choose and unlink": {
      const unlink = step === "choose and unlink";
      const next = `${model.count} quiet herons`;
      const path = model.link?.path ?? `/reset/${"A".repeat(64)}`;
      const expected = model.statusOfLink(house.clock.now());
      const page = await choose(house, path, next, unlink ? { unlink: "on" } : {});
      assertEquals(page.status, expected);
      if (expected === 200) model.choose(next, unlink);
      return;
    }
    case "use an older link": {
      const path = model.older.at(-1);
      if (path !== undefined) assertEquals((await choose(house, path)).status, 404);
      return;
    }
    case "wait":
      house.clock.jump(0.6 * HOUR_MS);
  }
}

Deno.test("resets keep to a simple model of them, whatever a customer does in whatever order", async () => {
  const plan = fc.array(fc.constantFrom(...STEPS), { minLength: 4, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(plan, async (steps) => {
      const env = { PASSWORD_TRIES_PER_15_MINUTES: "0", AMAZON_SIGN_INS_PER_MINUTE: "0" };
      await using house = await House.open({ env });
      const model = new Model();
      const { account } = await house.signedIn("mork.0");
      for (const step of steps) {
        await take(house, model, step);
        const record = await recordOf(house, account.id);
        assertEquals(
          [record.password.kind, record.amazon_user_id !== null, record.email_verified, record.session_epoch],
          [model.password === null ? "temporary" : "set", model.linked, model.verified, model.epoch],
          step,
        );
        for (const [token, alive] of model.sessions) {
          assertEquals(typeof await accountOf(house, token), alive ? "object" : "number", step);
        }
      }
    }),
    { numRuns: 60 },
  );
});
