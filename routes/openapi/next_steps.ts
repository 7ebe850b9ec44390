/**
 * What a device does next, in words.
 *
 * @module
 */
import type { Next } from "../../lib/base/problem.ts";

/** What a device does, by the `next` of a problem. Words between backticks are code. */
export const NEXT_STEPS: Readonly<Record<Next, string>> = {
  retry:
    "Sends the same request again, with the same `Idempotency-Key`, after as many seconds as the header " +
    "`Retry-After` says. A one-click sign-in can be sent again for 10 minutes",
  new_code:
    "Asks the Appstore for a new code, without asking for the consent again, and sends it with a new `Idempotency-Key`",
  sign_in:
    "Shows the sign-in screen. If the problem has a `link_ticket`, the device sends it along with the password",
  sign_up:
    "Shows the sign-up screen, filled in with what `prefill` has. If the problem has a `link_ticket`, the device sends it along",
  fix_request:
    "Does not send this request again. `errors` names each fault: a password is chosen by the customer once more, and " +
    "everything else is a bug of the app",
  none: "Can do nothing itself, and does not send the request again",
};
