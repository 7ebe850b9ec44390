/**
 * The schemas of the contract's objects. They validate requests, and the OpenAPI description and the types are made from
 * them.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { EVENT_TYPES, SIGN_IN_METHODS } from "../../lib/kv/schema.ts";
import { countCharacters, LEAST_CHARACTERS, MOST_CHARACTERS } from "../../lib/passwords/policy.ts";
import { ACCOUNT, DEVICE, EVENT, LINK_TICKET, PASSWORD, SESSION, STARTED_ACTIVATION } from "./examples.ts";
import { deviceText, emailText, MOST_EMAIL_CHARACTERS, secretText, typedText } from "./text.ts";
import { entitlementSchema, purchasesSchema } from "./purchase_schemas.ts";

const deviceField = deviceText(128);

/**
 * A device, as it describes itself.
 * @internal
 */
export const deviceSchema = z.object({
  name: deviceField.optional().openapi({ description: "The name that the customer gave it" }),
  model: deviceField.optional().openapi({ description: "The name that the manufacturer gave it" }),
  platform: deviceField.optional().openapi({ description: "Its operating system" }),
  language: deviceField.optional().openapi({
    description: "The language of its screen, as a BCP 47 tag. Mails to the customer are written in it",
  }),
}).openapi("Device", {
  description: "A device, as it describes itself. The list of sessions shows it",
  example: DEVICE,
});

/**
 * The name of a configured Amazon client.
 * @internal
 */
export const appSchema = z.string().openapi({
  description: "The name of a configured Amazon client. The first one by default",
  example: "tv",
});

/**
 * The body of a one-click sign-in.
 * @internal
 */
export const amazonSignInSchema = z.object({
  code: z.string().refine(isCode, "Must have 1 to 2048 bytes").openapi({
    description: "The `userProfileAccessAuthCode` of the Appstore, 1 to 2048 bytes",
    example: "SplxlOBezQQYbYS6WxSbIA",
  }),
  app: appSchema.optional(),
  device: deviceSchema.optional(),
  purchases: purchasesSchema.optional().openapi({
    description: "The receipts of the device. The answer then has `entitlements`",
  }),
}).openapi("AmazonSignIn");

const email = emailText.openapi({
  description: "Kept as it was typed. Upper and lower case are the same",
  example: ACCOUNT.email,
});

/** A new password. The password policy checks its length, so that the problem is `weak_password`. */
const newPassword = secretText.openapi({
  description: "Any Unicode except control characters. Compared in NFC. Common passwords are refused",
  minLength: LEAST_CHARACTERS,
  maxLength: MOST_CHARACTERS,
  example: PASSWORD,
});

const givenPassword = secretText
  .refine((value) => value !== "", "Must not be empty")
  .refine(
    (value) => countCharacters(value) <= MOST_CHARACTERS,
    `Must have at most ${MOST_CHARACTERS} characters`,
  )
  .openapi({
    description: "The password, as the customer typed it",
    minLength: 1,
    maxLength: MOST_CHARACTERS,
    example: PASSWORD,
  });

const name = typedText(256).openapi({
  description: "The full name",
  example: ACCOUNT.name,
});
const postalCode = typedText(32).openapi({
  description: "A postal code of any country",
  example: ACCOUNT.postal_code,
});

const linkTicket = z.string().trim().max(128, "Must have at most 128 characters").openapi({
  description:
    "The ticket of a `link_required` or a `profile_incomplete`. It links that Amazon customer to the account",
  example: LINK_TICKET,
});

/**
 * The body of a sign-up.
 * @internal
 */
export const signUpSchema = z.object({
  email,
  password: newPassword,
  name: name.optional(),
  postal_code: postalCode.optional(),
  device: deviceSchema.optional(),
  link_ticket: linkTicket.optional(),
}).openapi("SignUp");

/**
 * The body of a sign-in by password.
 * @internal
 */
export const passwordSignInSchema = z.object({
  email,
  password: givenPassword,
  device: deviceSchema.optional(),
  link_ticket: linkTicket.optional(),
}).openapi("PasswordSignIn");

/**
 * The body of a request for an activation.
 * @internal
 */
export const activationSchema = z.object({
  device: deviceSchema.optional(),
  link_ticket: linkTicket.optional(),
  prefill: z.object({ name: name.optional(), postal_code: postalCode.optional() }).optional().openapi({
    description:
      "The `prefill` of a `profile_incomplete`. The sign-up form on the phone is filled in with it",
  }),
}).openapi("Activation");

/**
 * A started activation.
 * @internal
 */
export const startedActivationSchema = z.object({
  device_code: z.string().openapi({
    description: "The secret of this TV, by which it asks for its session. No later response shows it",
  }),
  user_code: z.string().openapi({
    description: "The code to show: eight letters of `BCDFGHJKLMNPQRSTVWXZ` with a hyphen in the middle",
  }),
  verification_uri: z.url().openapi({
    description: "The address to show: the page on which the code is typed",
  }),
  verification_uri_complete: z.url().openapi({ description: "The same page with the code" }),
  expires_in: z.int().openapi({ description: "Seconds in which the customer can approve", example: 900 }),
  interval: z.int().openapi({ description: "Seconds between two questions of the TV", example: 5 }),
  qr_image: z.string().openapi({
    description:
      "The QR code of `verification_uri_complete`, as a `data:` URL of a GIF with its white edge. A TV shows it as it is",
  }),
}).openapi("StartedActivation");

/**
 * The body of a TV's question.
 * @internal
 */
export const activationQuestionSchema = z.object({
  device_code: z.string().max(128, "Must have at most 128 characters").openapi({
    description: "The `device_code` of the activation",
    example: STARTED_ACTIVATION.device_code,
  }),
}).openapi("ActivationQuestion");

/**
 * The body of a request for a link to choose a password.
 * @internal
 */
export const passwordResetSchema = z.object({ email }).openapi("PasswordReset");

/**
 * The response to a request for a link to choose a password.
 * @internal
 */
export const passwordResetRequestedSchema = z.object({
  message: z.string().openapi({ description: "A sentence for the customer. It is the same for every email" }),
}).openapi("PasswordResetRequested");

/**
 * The body of a change of email.
 * @internal
 */
export const emailChangeSchema = z.object({
  email,
  current_password: givenPassword.optional().openapi({
    description: "Required, unless the password is temporary: then it is left out",
  }),
}).openapi("EmailChange");

/**
 * The response to a request for a mail with a link.
 * @internal
 */
export const mailRequestedSchema = z.object({
  message: z.string().openapi({ description: "A sentence for the customer" }),
}).openapi("MailRequested");

/**
 * The body of a change of name and postal code.
 * @internal
 */
export const profileChangesSchema = z.object({
  name: name.nullable().optional().openapi({ type: ["string", "null"], description: "`null` clears it" }),
  postal_code: postalCode.nullable().optional().openapi({
    type: ["string", "null"],
    description: "`null` clears it",
  }),
}).openapi("AccountChanges");

/**
 * The body of a change of password.
 * @internal
 */
export const passwordChangeSchema = z.object({
  current_password: givenPassword.optional().openapi({
    description: "Required, unless the password is temporary. A temporary password cannot be changed here",
  }),
  new_password: newPassword,
}).openapi("PasswordChange");

/**
 * The body of a call that asks for the password again.
 * @internal
 */
export const confirmationSchema = z.object({
  current_password: givenPassword.optional().openapi({
    description:
      "Not needed in a session in which the customer has given the password within the last 15 minutes",
  }),
}).openapi("PasswordConfirmation");

/**
 * The headers of a one-click sign-in and of a sign-up.
 * @internal
 */
export const idempotencyHeaderSchema = z.object({
  "idempotency-key": z.string().regex(/^[\x21-\x7e]{16,255}$/, "Must have 16 to 255 visible ASCII characters")
    .optional()
    .openapi({
      description:
        "Made by the device for this request. The same request with the same key gets the same session again for 10 minutes",
      example: "6f0e1c1e-52a4-4d0c-9d5f-0a8f5a1c7a11",
    }),
});

const timestamp = z.iso.datetime().openapi({ example: SESSION.created_at });

/**
 * A session: one device that is signed in.
 * @internal
 */
export const sessionSchema = z.object({
  id: z.string().openapi({ description: "The id of the session", example: SESSION.id }),
  created_at: timestamp.openapi({ description: "When the device signed in" }),
  last_used_at: timestamp.openapi({ description: "When the session was last used, exact to a day" }),
  device: deviceSchema,
  current: z.literal(true).optional().openapi({
    description: "Present only in the session of the request's own token",
  }),
}).openapi("Session");

/**
 * A customer's account.
 * @internal
 */
export const accountSchema = z.object({
  id: z.string().openapi({ description: "The id of the account", example: ACCOUNT.id }),
  email: z.string().max(MOST_EMAIL_CHARACTERS).openapi({
    format: "email",
    description: "The email, as it was typed",
    example: ACCOUNT.email,
  }),
  email_verified: z.boolean().openapi({
    description: "Whether the customer has proved that the email is theirs",
  }),
  name: z.string().nullable().openapi({ description: "`null` when unknown", example: ACCOUNT.name }),
  postal_code: z.string().nullable().openapi({
    description: "`null` when unknown",
    example: ACCOUNT.postal_code,
  }),
  password: z.enum(["temporary", "set"]).openapi({
    description: "`temporary` until the customer sets a password",
  }),
  amazon_linked: z.boolean().openapi({ description: "Whether one click signs in to this account" }),
  created_at: timestamp.openapi({ description: "When the account was created" }),
}).openapi("Account");

/**
 * An account with what Amazon says of it.
 * @internal
 */
export const refreshedAccountSchema = accountSchema.extend({
  amazon_email: z.string().optional().openapi({
    description:
      "The email that the customer has at Amazon, when it is another one. The account keeps its own",
  }),
}).openapi("RefreshedAccount");

/**
 * The body of every successful sign-in.
 * @internal
 */
export const signedInSchema = z.object({
  session_token: z.string().openapi({
    description: "The bearer secret of this device. No later response shows it",
  }),
  token_type: z.literal("Bearer").openapi({ description: "How the token is sent" }),
  expires_at: timestamp.openapi({
    description: "When the session ends if it is not used. Each day of use moves this further",
  }),
  expires_in: z.int().openapi({ description: "Seconds from now to `expires_at`", example: 31536000 }),
  session: sessionSchema,
  account: accountSchema.extend({
    created: z.boolean().openapi({ description: "Whether this sign-in created the account" }),
  }),
  link: z.enum(["linked", "kept"]).optional().openapi({
    description:
      "Only after a `link_ticket`. `kept`: the account has another Amazon customer, or that customer another account",
  }),
  entitlements: z.array(entitlementSchema).optional().openapi({
    description: "Only after a request with `purchases`: what the account may use by them",
  }),
}).openapi("SignedIn");

/**
 * A session with its account.
 * @internal
 */
export const currentSessionSchema = z.object({ session: sessionSchema, account: accountSchema }).openapi(
  "CurrentSession",
);

const nextCursor = z.string().nullable().openapi({
  description: "The `cursor` of the next page. `null` on the last page",
});

/**
 * One page of sessions.
 * @internal
 */
export const sessionPageSchema = z.object({
  sessions: z.array(sessionSchema).openapi({ description: "Newest first" }),
  next_cursor: nextCursor,
}).openapi("SessionPage");

/**
 * The id of a session.
 * @internal
 */
export const sessionIdSchema = z.string().regex(/^ses_[0-9a-f]{32}$/, "Must be the id of a session").openapi({
  description: "The `id` of a session",
  example: SESSION.id,
});

/**
 * What happened to an account.
 * @internal
 */
export const eventSchema = z.object({
  id: z.string().openapi({ description: "The id of the event, also in its webhook", example: EVENT.id }),
  type: z.enum(EVENT_TYPES).openapi({ description: "What happened" }),
  at: timestamp.openapi({ description: "When it happened" }),
  data: z.object({
    account_id: z.string().optional().openapi({ description: "The account", example: ACCOUNT.id }),
    session_id: z.string().optional().openapi({ description: "The session, of events of sessions" }),
    method: z.enum(SIGN_IN_METHODS).optional().openapi({
      description: "How the customer signed in, of `session.created` and `account.created`",
    }),
    sku: z.string().optional().openapi({ description: "The product, of events of purchases" }),
    state: z.string().optional().openapi({ description: "The state of an entitlement" }),
    device: deviceSchema.optional().openapi({ description: "The device, of `session.created`" }),
  }).openapi("EventData"),
}).openapi("Event");

/**
 * One page of events.
 * @internal
 */
export const eventPageSchema = z.object({
  events: z.array(eventSchema).openapi({ description: "Newest first" }),
  next_cursor: nextCursor,
}).openapi("EventPage");

/** Makes the query for one page of a list. */
const pageQuery = <Cursor extends z.ZodType>(cursor: Cursor) =>
  z.object({
    limit: z.string().regex(/^(?:[1-9]\d?|100)$/, "Must be from 1 to 100").default("50").transform(Number)
      .openapi({
        type: "integer",
        description: "The most of one page",
        default: 50,
        minimum: 1,
        maximum: 100,
      }),
    cursor: cursor.optional().openapi({ description: "The `next_cursor` of the page before" }),
  });

/**
 * The query for one page of sessions.
 * @internal
 */
export const pageQuerySchema = pageQuery(sessionIdSchema);

/**
 * The query for one page of events.
 * @internal
 */
export const eventQuerySchema = pageQuery(
  z.string().regex(/^evt_[0-9a-f]{32}$/, "Must be the id of an event"),
);

function isCode(text: string): boolean {
  return text !== "" && text.isWellFormed() && new TextEncoder().encode(text).length <= 2048;
}
