/**
 * The sending of mails that are due. The account of a mail is looked up here, so that a request for a mail costs the same
 * whether or not there is an account.
 *
 * @module
 */
import { findOwners } from "../accounts/accounts.ts";
import { deliveryAddress, parseEmail } from "../base/email.ts";
import { STORAGE_DEADLINE_MS, type Store } from "../kv/database.ts";
import { ACCOUNT, type AccountRecord, ACTIVATION, MAIL, type MailRecord } from "../kv/schema.ts";
import type { DueTask } from "../kv/tasks.ts";
import type { Present } from "../kv/write_batch.ts";
import { MailDelayedError } from "../mail/outgoing_mail.ts";
import type { Services } from "../services.ts";
import { type Language, languageOf } from "../texts/languages.ts";
import { deliver, type Delivery } from "./delivery.ts";
import { formatLinkToken, type LinkToken, putMailedLink, replaceEarlierLink } from "./links.ts";
import { type KindOfMail, MAIL_KINDS } from "./outbox.ts";

/** The recipient of a mail. */
interface Recipient {
  /** The address, as mail is sent to it. */
  readonly to: string;
  /** The link of the mail; null when it has none. */
  readonly link: LinkToken & NonNullable<KindOfMail["link"]> | null;
  /** The account of the mail, which must be unchanged when the attempt begins; null when the mail needs none. */
  readonly account: Present<AccountRecord> | null;
  /** The language of the mail. */
  readonly language: Language;
  /** The activation that the link approves; null when the mail is of another kind. */
  readonly activation: { readonly id: string; readonly userCode: string } | null;
}

const DELIVERY: Delivery<MailRecord, Recipient> = {
  name: "mail",
  type: MAIL,
  withinMs: 30_000,
  firstWaitMs: 60_000,
  growth: 1,
  describe: ({ id, kind }) => ({ mail: id, mail_kind: kind }),
  findTarget: findRecipient,
  // The account is the one that was found, and the link of the mail is valid from now on.
  putStart(batch, { link, account, activation }, now) {
    if (account !== null) batch.check(account);
    if (link === null) return;
    putMailedLink(batch, link, {
      purpose: link.purpose,
      expiresAt: now + link.lifeMs,
      activation: activation?.id,
    });
  },
  send,
  finish: endEarlierLink,
};

/**
 * Tries once to send the mail of a due task.
 *
 * @returns When the next attempt is due, as {@linkcode deliver} does.
 * @throws {Problem} `storage_unavailable`: then the task stays due
 */
export function sendDueMail(services: Services, task: DueTask): Promise<number | null> {
  return deliver(services, task, DELIVERY);
}

/**
 * Finds the recipient of a mail: the account that has its email now.
 *
 * @returns Null when there is no such account, or when the account does not need the mail.
 */
async function findRecipient(
  { keyring, clock }: Pick<Services, "keyring" | "clock">,
  store: Store,
  { kind, email, secret, language, activation }: MailRecord,
): Promise<Recipient | null> {
  const { link } = MAIL_KINDS[kind];
  if (link === null) {
    return { to: addressOf(email), link, account: null, language: languageOf(language), activation: null };
  }
  const address = parseEmail(email);
  const { ofEmail } = await findOwners(store, keyring, { email: address });
  if (ofEmail === null) return null;
  const { value, ...entry } = await store.get(ACCOUNT, [ofEmail]);
  // An index that points at another account gets no link into it.
  if (value === null || parseEmail(value.email)?.canonical !== address?.canonical) return null;
  if (kind === "password_nudge" && (value.password.kind === "set" || value.blocked_at !== undefined)) {
    return null;
  }
  const tv = activation === undefined ? null : (await store.get(ACTIVATION, [activation])).value;
  // The customer has decided meanwhile, or the code has ended.
  const open = tv?.decision.is === "pending" && clock.now() < tv.ends_at;
  if (kind === "activation" && !open) return null;
  const account = { ...entry, value };
  return {
    to: addressOf(value.email),
    link: { ...link, accountId: ofEmail, secret },
    account,
    language: languageOf(value.language ?? language),
    activation: activation === undefined || tv === null ? null : { id: activation, userCode: tv.user_code },
  };
}

function addressOf(stored: string): string {
  const email = parseEmail(stored);
  return email === null ? stored : deliveryAddress(email);
}

async function send(
  { config: { appName, publicUrl, brand }, transport }: Services,
  { record: { id, kind }, target: { to, link, language, activation }, signal }: {
    readonly record: MailRecord;
    readonly target: Recipient;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  if (transport === null) throw new MailDelayedError("No MAIL_URL is set");
  const { writeMail } = await import("./messages.ts");
  const token = link === null ? "" : formatLinkToken(link);
  const userCode = activation?.userCode ?? "";
  const written = writeMail(kind, { appName, publicUrl, brand, token, language, userCode });
  await transport({ id, to, ...written }, signal);
}

/** Ends the earlier link, also when a newer mail has replaced this one meanwhile. */
async function endEarlierLink({ db }: Services, { link }: Recipient): Promise<void> {
  if (link === null) return;
  using store = db.within(STORAGE_DEADLINE_MS, "started");
  await replaceEarlierLink(store, link, link.purpose);
}
