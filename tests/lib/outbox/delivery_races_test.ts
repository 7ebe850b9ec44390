/**
 * Mails through whatever happens: asked for, sent, refused, lost, by processes that die, for accounts that are used and
 * deleted, in an order that is drawn at random.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LINK_LIFE_MS } from "../../../lib/outbox/outbox.ts";
import type { LinkPurpose } from "../../../lib/outbox/links.ts";
import { deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { resetPassword } from "../../../lib/my_account/password_reset.ts";
import { PASSWORD } from "../../support/account_requests.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { type MailApiAnswer, type MailAttempt, type Mailing, openMailing } from "../../support/mail_api.ts";
import { isLinkValid, tokenOf } from "../../support/mailed_links.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CUSTOMERS = ["mork.1", "returning.1"];
const EMAILS = ["mhashimoto-04@plaxo.com", "nobody@example.com"];

type Step =
  | { readonly do: "ask"; readonly who: number; readonly kind: "password_reset" | "account_deletion" }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "answer"; readonly answer: MailApiAnswer }
  | { readonly do: "die" }
  | { readonly do: "use"; readonly who: number; readonly purpose: LinkPurpose };

const who = fc.constantFrom(0, 0, 1, 2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      who,
      kind: fc.constantFrom("password_reset" as const, "account_deletion" as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 0, 1000, 30_000, MINUTE, 5 * MINUTE, HOUR, 23 * HOUR),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      answer: fc.constantFrom<MailApiAnswer>(200, 200, 503, 422, "answer lost"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("die" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("use" as const),
      who,
      purpose: fc.constantFrom("password" as const, "deletion" as const),
    }),
  },
);

Deno.test("mails are delivered or given up, and the newest that is known to be sent has a good link, whatever happens", async () => {
  let delivered = 0;
  let used = 0;
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 6, maxLength: 24, size: "max" }),
    async (steps) => {
      await using world = await World.open();
      for (const step of steps) {
        await world.take(step);
        await world.checkInvariants();
      }
      await world.settle();
      delivered += world.delivered.length;
      used += world.used;
    },
  );
  await fc.assert(property, { numRuns: 60, seed: 5 });
  assert(delivered > 100 && used > 10, `Only ${delivered} were delivered and ${used} used`);
});

/** One database, one mail API, and a process that can die and be started again. */
class World implements AsyncDisposable {
  readonly #attempts: MailAttempt[];
  readonly #processes: Mailing[];
  /** When a link was used, by email and purpose. */
  readonly #usedAt = new Map<string, number>();
  /** When a mail was last asked for, by email and purpose. */
  readonly #askedAt = new Map<string, number>();
  readonly #emails: readonly string[];
  /** Of the processes that died: they come to their end when nothing is tested any more. */
  readonly #runs: Promise<void>[] = [];
  #answer: MailApiAnswer = 200;
  used = 0;

  private constructor(first: Mailing, attempts: MailAttempt[], emails: readonly string[]) {
    this.#processes = [first];
    this.#attempts = attempts;
    this.#emails = emails;
  }

  static async open(): Promise<World> {
    const attempts: MailAttempt[] = [];
    const first = await openMailing({}, attempts);
    const emails = [];
    for (const code of CUSTOMERS) emails.push((await first.service.signedIn(code)).account.email);
    assertEquals(emails[0], EMAILS[0]);
    return new World(first, attempts, [...emails, "nobody@example.com"]);
  }

  get delivered(): readonly MailAttempt[] {
    return this.#attempts.filter(({ answer }) => answer === 200 || answer === "answer lost");
  }

  async take(step: Step): Promise<void> {
    const process = this.#process;
    switch (step.do) {
      case "ask": {
        const email = this.#emails[step.who] ?? "";
        await process.enqueue(email, step.kind);
        const purpose = step.kind === "password_reset" ? "password" : "deletion";
        this.#askedAt.set(`${email} ${purpose}`, process.service.clock.now());
        return;
      }
      case "pass":
        return await process.advance(step.ms);
      case "answer":
        this.#answer = step.answer;
        process.answers = [step.answer];
        return;
      case "die":
        return await this.#die();
      case "use":
        return await this.#use(this.#emails[step.who] ?? "", step.purpose);
    }
  }

  async checkInvariants(): Promise<void> {
    const { service } = this.#process;
    const { accounts } = await this.#audited();
    const alive = new Set([...accounts.values()].map(({ email }) => email));
    for (const email of this.#emails.filter((email) => alive.has(email))) {
      for (const purpose of ["password", "deletion"] as const) {
        const sent = this.#attempts.findLast((it) =>
          it.mail.to[0] === email && purposeOf(it) === purpose && it.answer === 200
        );
        if (sent === undefined || (this.#usedAt.get(`${email} ${purpose}`) ?? -Infinity) >= sent.at) continue;
        const expected = service.clock.now() < sent.at + lifeOf(sent);
        assertEquals(await isLinkValid(service, sent.mail, purpose), expected, `${email} ${purpose}`);
      }
    }
  }

  /** Lets everything come to its end, and holds it against what is promised. */
  async settle(): Promise<void> {
    this.#answer = 200;
    this.#process.answers = [200];
    // No wait is longer than 6 hours.
    for (let passes = 0; passes < 3; passes++) await this.#process.advance(6 * HOUR);
    const { service } = this.#process;
    const { accounts } = await this.#audited();
    const { mail = 0, task = 0 } = await service.stored();
    const nudges = [...accounts.values()].filter(({ password }) =>
      password.kind === "temporary" && password.nudge_at
    );
    assertEquals([mail, task], [0, nudges.length]);
    const alive = new Set([...accounts.values()].map(({ email }) => email));
    for (const email of this.#emails) {
      for (const purpose of ["password", "deletion"] as const) {
        const name = `${email} ${purpose}`;
        const tried = this.#attempts.filter((it) => it.mail.to[0] === email && purposeOf(it) === purpose);
        if (!alive.has(email)) continue;
        const asked = this.#askedAt.get(name) ?? Infinity;
        const used = this.#usedAt.get(name) ?? -Infinity;
        if (asked < Infinity && used < asked) {
          assert(tried.some(({ at }) => at >= asked), `${name} was not tried`);
        }
        const last = tried.at(-1);
        if (last === undefined || last.answer === 422 || used >= last.at) continue;
        assert(last.answer === 200 || last.answer === "answer lost", `${name}: ${last.answer}`);
        const expected = service.clock.now() < last.at + lifeOf(last);
        assertEquals(await isLinkValid(service, last.mail, purpose), expected, name);
      }
    }
  }

  get #process(): Mailing {
    return this.#processes.at(-1) as Mailing;
  }

  async #audited() {
    return await checkInvariants(this.#process.service.kv, this.#process.service.services.keyring);
  }

  /** The process starts on what is due, and is never heard of again; another takes its place. */
  async #die(): Promise<void> {
    const dying = this.#process;
    const before = this.#attempts.length;
    dying.answers = ["hangs"];
    let ended = false;
    this.#runs.push(dying.service.runDueTasks().catch(() => {}).finally(() => ended = true));
    while (!ended && this.#attempts.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
    const { kv, simulator, clock } = dying.service;
    const next = await openMailing({ kv, simulator }, this.#attempts);
    await next.service.clock.advance(clock.now() - next.service.clock.now());
    next.answers = [this.#answer];
    this.#processes.push(next);
  }

  async #use(email: string, purpose: LinkPurpose): Promise<void> {
    const { service } = this.#process;
    const last = this.delivered.findLast((it) => it.mail.to[0] === email && purposeOf(it) === purpose);
    if (last === undefined || !await isLinkValid(service, last.mail, purpose)) return;
    const token = tokenOf(last.mail);
    if (purpose === "deletion") assert(await deleteAccountByLink(service.services, token));
    else await resetPassword(service.services, { token, password: PASSWORD, unlinkAmazon: false });
    this.#usedAt.set(`${email} ${purpose}`, service.clock.now());
    this.used++;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#processes) {
      process.answers = [503];
      await process.service.clock.advance(MINUTE);
    }
    await Promise.all(this.#runs);
    for (const { service } of this.#processes.toReversed()) await service[Symbol.asyncDispose]();
  }
}

function lifeOf({ mail: { subject } }: MailAttempt): number {
  return subject.startsWith("Choose a password") ? 7 * 24 * HOUR : LINK_LIFE_MS;
}

function purposeOf({ mail: { text } }: MailAttempt): LinkPurpose | null {
  return text.includes("/reset/") ? "password" : text.includes("/delete-account/") ? "deletion" : null;
}
