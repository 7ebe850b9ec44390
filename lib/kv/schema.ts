/**
 * All that is stored: every key, what stands under it, for how long, and what of it is sealed.
 *
 * | key | value | lives |
 * |---|---|---|
 * | `account, account_id` | who a customer is; sealed | until deleted |
 * | `amazon_user, HMAC(user_id)` | pointer to the account | as its account |
 * | `email, HMAC(canonical email)` | pointer to the account | as its account |
 * | `session, account_id, session_id` | one device that is signed in; sealed | `SESSION_TTL_DAYS`, sliding |
 * | `tries, HMAC(scope/account or client address)` | how many tries count, and until when to wait | 15 minutes to 4 hours, and a day |
 * | `exchange, SHA-256(code)` | one code: claimed, done; the answer sealed | 10 minutes after its lease; 1 hour |
 * | `exchange, SHA-256(code), "token"` | Amazon's token while its code is not done; sealed | 10 minutes |
 * | `link_ticket, account_id, SHA-256(ticket)` | which Amazon customer may be linked to the account; sealed | 15 minutes |
 * | `mail, HMAC(canonical email), slot` | a mail that is on its way, with its link; sealed | until it is delivered or given up after 3 days |
 * | `mailed_link, account_id, purpose` | which mailed link is good, as hash | 1 hour or 7 days |
 * | `mailed_link, account_id, purpose, "sending"` | the next one, good beside it from the first try of its mail until that was sent; as hash | 1 hour or 7 days |
 * | `task, due, name, …ids` | what is to be done at a time: a mail to send, a customer to ask, a deletion to go on with | until done |
 *
 * A record with `expires_at` counts as absent from then on; KV itself removes it some time later. `v` is the
 * version of the record's shape: a record of a version that is not known here is refused, never guessed at. The
 * schemas are exported because the types of the records are made from them; nothing else should use them.
 *
 * @module
 */
import { z } from "zod";

/** A kind of record: the first part of its keys, its shape, and whether it is sealed as a whole. */
export interface RecordType<T> {
  /** The first part of its keys. */
  readonly kind: string;
  /** Whether the whole record is sealed for its key. */
  readonly sealed: boolean;
  /** Its shape. */
  readonly schema: Schema<T>;
}

/** What checks that a stored value is a record of one shape: a zod schema is one. */
export interface Schema<T> {
  /** Gives the record, or throws when the value is none. */
  parse(stored: unknown): T;
}

/** The shape that a schema checks for. */
export type ShapeOf<S> = S extends Schema<infer T> ? T : never;

/** @internal */
export const deviceSchema = z.object({
  name: z.string().max(128).optional(),
  model: z.string().max(128).optional(),
  platform: z.string().max(128).optional(),
});

/** A device as it described itself; every field is the device's own word, at most 128 characters. */
export type Device = ShapeOf<typeof deviceSchema>;

const v = z.literal(1);
const milliseconds = z.int().nonnegative();

/** @internal */
export const accountSchema = z.object({
  v,
  email: z.string(),
  email_verified: z.boolean(),
  name: z.string().nullable(),
  postal_code: z.string().nullable(),
  amazon_user_id: z.string().nullable(),
  password: z.discriminatedUnion("kind", [
    /** 256 random bits that no one was given, as SHA-256. */
    z.object({
      kind: z.literal("temporary"),
      sha256: z.string(),
      /** When the customer is asked by mail to choose a password; absent: never, or not any more. */
      nudge_at: milliseconds.optional(),
    }),
    /** The customer's own, as a PHC string. */
    z.object({ kind: z.literal("set"), phc: z.string() }),
  ]),
  /** Sessions of an earlier epoch are revoked: one write signs every device out. */
  session_epoch: z.int().nonnegative(),
  created_at: milliseconds,
});

/** What is stored of an account. */
export type AccountRecord = ShapeOf<typeof accountSchema>;

/** `account, account_id` */
export const ACCOUNT: RecordType<AccountRecord> = { kind: "account", sealed: true, schema: accountSchema };

/** @internal */
export const pointerSchema = z.object({ v, account_id: z.string() });

/** What is stored of an index: where to look. */
export type PointerRecord = ShapeOf<typeof pointerSchema>;

/** `amazon_user, HMAC(user_id)` */
export const AMAZON_USER: RecordType<PointerRecord> = {
  kind: "amazon_user",
  sealed: false,
  schema: pointerSchema,
};

/** `email, HMAC(canonical email)` */
export const EMAIL: RecordType<PointerRecord> = { kind: "email", sealed: false, schema: pointerSchema };

/** @internal */
export const sessionSchema = z.object({
  v,
  /** SHA-256 of the secret part of the session token. */
  secret_hash: z.string(),
  epoch: z.int().nonnegative(),
  created_at: milliseconds,
  last_used_at: milliseconds,
  expires_at: milliseconds,
  device: deviceSchema,
  /** SHA-256 of the Appstore's code that it came from, whose answer is deleted with it; absent: none. */
  code_hash: z.string().optional(),
});

/** What is stored of a session. */
export type SessionRecord = ShapeOf<typeof sessionSchema>;

/** `session, account_id, session_id` */
export const SESSION: RecordType<SessionRecord> = { kind: "session", sealed: true, schema: sessionSchema };

/** @internal */
export const triesSchema = z.object({
  v,
  /** Tries of this window, without those taken back since. */
  failures: z.int().nonnegative(),
  /** The same, and those of the windows before it that still weigh. */
  in_a_row: z.int().nonnegative(),
  window_ends_at: milliseconds,
  expires_at: milliseconds,
});

/** What is stored of tries. */
export type TriesRecord = ShapeOf<typeof triesSchema>;

/** `tries, HMAC(scope/account or client address)` */
export const TRIES: RecordType<TriesRecord> = { kind: "tries", sealed: false, schema: triesSchema };

const bytes = z.instanceof(Uint8Array<ArrayBuffer>);
const claim = {
  v,
  /** Random name of the request that holds the claim. */
  claim_id: z.string(),
  /** Hash over code and `Idempotency-Key` of the request that claimed; null when it had no key. */
  requester: z.string().nullable(),
  expires_at: milliseconds,
};
/** @internal */
export const exchangeSchema = z.discriminatedUnion("state", [
  /** Until `lease_until` a request is at work with it. It outlives every token that can be kept beside it. */
  z.object({ ...claim, state: z.literal("claimed"), lease_until: milliseconds }),
  /** The code is settled; until `answer_until` its requester may have the answer again. */
  z.object({ ...claim, state: z.literal("done"), answer: bytes.nullable(), answer_until: milliseconds }),
]);

/** What is stored of a code. */
export type ExchangeRecord = ShapeOf<typeof exchangeSchema>;

/** `exchange, SHA-256(code)` */
export const EXCHANGE: RecordType<ExchangeRecord> = {
  kind: "exchange",
  sealed: false,
  schema: exchangeSchema,
};

/** @internal */
export const keptTokenSchema = z.object({ v, token: z.string(), expires_at: milliseconds });

/** What is stored of a token. */
export type KeptTokenRecord = ShapeOf<typeof keptTokenSchema>;

/** `exchange, SHA-256(code), "token"`: next to its exchange, so that a local database writes both into one page. */
export const KEPT_TOKEN: RecordType<KeptTokenRecord> = {
  kind: "exchange",
  sealed: true,
  schema: keptTokenSchema,
};

/** @internal */
export const linkTicketSchema = z.object({
  v,
  amazon_user_id: z.string(),
  expires_at: milliseconds,
});

/** What is stored of a link ticket. */
export type LinkTicketRecord = ShapeOf<typeof linkTicketSchema>;

/** `link_ticket, account_id, SHA-256(ticket)` */
export const LINK_TICKET: RecordType<LinkTicketRecord> = {
  kind: "link_ticket",
  sealed: true,
  schema: linkTicketSchema,
};

/** @internal */
export const mailSchema = z.object({
  v,
  /** Of its `Message-ID`, and of the log. */
  id: z.string(),
  kind: z.enum(["password_nudge", "password_reset", "account_deletion", "account_deleted"]),
  /** Whom it is for: the account of this email; of `account_deleted` the recipient itself. */
  email: z.string(),
  /** The secret part of its link. */
  secret: z.string(),
  created_at: milliseconds,
  /** When its task is due: the one task that may send it. */
  due_at: milliseconds,
});

/** What is stored of a mail. */
export type MailRecord = ShapeOf<typeof mailSchema>;

/** `mail, HMAC(canonical email), slot`: a newer mail of a slot takes the place of the one that waits there. */
export const MAIL: RecordType<MailRecord> = { kind: "mail", sealed: true, schema: mailSchema };

/** @internal */
export const mailedLinkSchema = z.object({
  v,
  /** SHA-256 of the secret part of the link. */
  secret_hash: z.string(),
  /** Whether it was used: then it is good for nothing but to say so. */
  used: z.boolean(),
  expires_at: milliseconds,
});

/** What is stored of a mailed link. */
export type MailedLinkRecord = ShapeOf<typeof mailedLinkSchema>;

/**
 * `mailed_link, account_id, purpose`, and with `"sending"` after it: a newer link takes the place of the one before
 * when its mail was sent.
 */
export const MAILED_LINK: RecordType<MailedLinkRecord> = {
  kind: "mailed_link",
  sealed: false,
  schema: mailedLinkSchema,
};

/** @internal */
export const taskSchema = z.object({ v });

/** What is stored of a task: that it is to be done. */
export type TaskRecord = ShapeOf<typeof taskSchema>;

/** `task, due, name, …ids` */
export const TASK: RecordType<TaskRecord> = { kind: "task", sealed: false, schema: taskSchema };
