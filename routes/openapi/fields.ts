/**
 * The schemas of single fields that several objects have.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { countCharacters, LEAST_CHARACTERS, MOST_CHARACTERS } from "../../lib/passwords/policy.ts";
import { ACCOUNT, LINK_TICKET, PASSWORD, SESSION } from "./examples.ts";
import { emailText, secretText, typedText } from "./text.ts";

/**
 * The email of a customer.
 * @internal
 */
export const email = emailText.openapi({
  description: "Kept as it was typed. Upper and lower case are the same",
  example: ACCOUNT.email,
});

/**
 * A new password. The password policy checks its length, so that the problem is `weak_password`.
 * @internal
 */
export const newPassword = secretText.openapi({
  description: "Any Unicode except control characters. Compared in NFC. Common passwords are refused",
  minLength: LEAST_CHARACTERS,
  maxLength: MOST_CHARACTERS,
  example: PASSWORD,
});

/**
 * The password of a customer who has one.
 * @internal
 */
export const givenPassword = secretText
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

/**
 * The name of a customer.
 * @internal
 */
export const name = typedText(256).openapi({
  description: "The full name",
  example: ACCOUNT.name,
});

/**
 * The postal code of a customer.
 * @internal
 */
export const postalCode = typedText(32).openapi({
  description: "A postal code of any country",
  example: ACCOUNT.postal_code,
});

/**
 * The ticket that links an Amazon customer.
 * @internal
 */
export const linkTicket = z.string().trim().max(128, "Must have at most 128 characters").openapi({
  description:
    "The ticket of a `link_required` or a `profile_incomplete`. It links that Amazon customer to the account",
  example: LINK_TICKET,
});

/**
 * A time.
 * @internal
 */
export const timestamp = z.iso.datetime().openapi({ example: SESSION.created_at });
