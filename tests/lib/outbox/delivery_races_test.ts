/**
 * Mails are requested, sent, refused and lost, processes die, and links are used, in an order that is drawn at random. Each
 * mail is sent or given up, and the links of the sent mails work.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LINK_LIFE_MS } from "../../../lib/outbox/outbox.ts";
import type { LinkPurpose } from "../../../lib/outbox/links.ts";
import { deleteAccountByLink } from "../../../lib/my_account/deletion.ts";
import { resetPassword } from "../../../lib/my_account/password_reset.ts";
import { MORK, PASSWORD } from "../../support/account_requests.ts";
import { checkInvariants } from "../../support/invariants.ts";
import { type MailApiAnswer, type MailAttempt, type Mailing, openMailing } from "../../support/mail_api.ts";
import { isLinkValid, tokenOf } from "../../support/mailed_links.ts";
import { numRuns } from "../../support/num_runs.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CUSTOMERS = ["mork.1", "returning.1"];

/** One step of a plan. `who` is the index of an email; "wait" runs the tasks that are then due. */
type Step =
  | { readonly do: "request"; readonly who: number; readonly kind: "password_reset" | "account_deletion" }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "answer"; readonly answer: MailApiAnswer }
  | { readonly do: "die" }
  | { readonly do: "use"; readonly who: number; readonly purpose: LinkPurpose };

const who = fc.constantFrom(0, 0, 1, 2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("request" as const),
      who,
      kind: fc.constantFrom("password_reset" as const, "account_deletion" as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
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
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("use" as const),
      who,
      purpose: fc.constantFrom("password" as const, "deletion" as const),
    }),
  },
);

Deno.test("each mail is sent or given up, and the link of the newest sent mail is valid, in any order of events", async () => {
  const runs = numRuns({ quick: 15, full: 60 });
  let sent = 0;
  let used = 0;
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 6, maxLength: 24, size: "max" }),
    async (steps) => {
      await using world = await World.open();
      for (const step of steps) {
        await world.play(step);
        await world.check();
      }
      await world.settle();
      sent += world.sent.length;
      used += world.used;
    },
  );
  await fc.assert(property, { numRuns: runs, seed: 7 });
  assert(sent > 2 * runs && used > runs / 5, `Only ${sent} mails were sent and ${used} links used`);
});

/** One database, one mail API, and a process that can die and be replaced by another one. */
class World implements AsyncDisposable {
  readonly #attempts: MailAttempt[];
  readonly #processes: Mailing[];
  /** The times at which links were used, by email and purpose. */
  readonly #usedAt = new Map<string, number>();
  /** The times of the last requests for mails, by email and purpose. */
  readonly #requestedAt = new Map<string, number>();
  readonly #emails: readonly string[];
  /** What the dead processes were doing; it ends after the test. */
  readonly #abandoned: Promise<void>[] = [];
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
    assertEquals(emails[0], MORK);
    return new World(first, attempts, [...emails, "nobody@example.com"]);
  }

  /** The attempts with which the API took the mail. */
  get sent(): readonly MailAttempt[] {
    return this.#attempts.filter(({ answer }) => answer === 200 || answer === "answer lost");
  }

  async play(step: Step): Promise<void> {
    const process = this.#process;
    switch (step.do) {
      case "request": {
        const email = this.#emails[step.who] ?? "";
        await process.enqueue(email, step.kind);
        const purpose = step.kind === "password_reset" ? "password" : "deletion";
        this.#requestedAt.set(`${email} ${purpose}`, process.service.clock.now());
        return;
      }
      case "wait":
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

  /** Checks what must hold after each step: the database agrees with itself, and sent links are valid until their end. */
  async check(): Promise<void> {
    const { service } = this.#process;
    const { accounts } = await this.#stored();
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

  /** Lets all mails be sent or given up, and checks what came of them. */
  async settle(): Promise<void> {
    this.#answer = 200;
    this.#process.answers = [200];
    // No wait is longer than 6 hours.
    for (let wait = 0; wait < 3; wait++) await this.#process.advance(6 * HOUR);
    const { service } = this.#process;
    const { accounts } = await this.#stored();
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
        const requested = this.#requestedAt.get(name) ?? Infinity;
        const used = this.#usedAt.get(name) ?? -Infinity;
        if (requested < Infinity && used < requested) {
          assert(tried.some(({ at }) => at >= requested), `${name} was not tried`);
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

  #stored() {
    return checkInvariants(this.#process.service.kv, this.#process.service.services.keyring);
  }

  /** The process dies while it sends a due mail, and another process takes its place. */
  async #die(): Promise<void> {
    const dying = this.#process;
    const before = this.#attempts.length;
    dying.answers = ["hangs"];
    let ended = false;
    this.#abandoned.push(dying.service.runDueTasks().catch(() => {}).finally(() => ended = true));
    while (!ended && this.#attempts.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
    const { kv, simulator, clock } = dying.service;
    const next = await openMailing({ kv, simulator }, this.#attempts);
    await next.service.clock.advance(clock.now() - next.service.clock.now());
    next.answers = [this.#answer];
    this.#processes.push(next);
  }

  async #use(email: string, purpose: LinkPurpose): Promise<void> {
    const { service } = this.#process;
    const last = this.sent.findLast((it) => it.mail.to[0] === email && purposeOf(it) === purpose);
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
    await Promise.all(this.#abandoned);
    for (const { service } of this.#processes.toReversed()) await service[Symbol.asyncDispose]();
  }
}

function lifeOf({ mail: { subject } }: MailAttempt): number {
  return subject.startsWith("Choose a password") ? 7 * 24 * HOUR : LINK_LIFE_MS;
}

function purposeOf({ mail: { text } }: MailAttempt): LinkPurpose | null {
  return text.includes("/reset/") ? "password" : text.includes("/delete-account/") ? "deletion" : null;
}
