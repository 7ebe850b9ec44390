/**
 * English: the pages of `/reset/{token}`.
 *
 * @module
 */

/** The pages of `/reset/{token}`. */
export const RESET = {
  title_first: "Choose a password",
  title: "Choose a new password",
  lead_first: "For {email} at {app}. Your devices stay signed in.",
  lead: "For {email} at {app}. All devices are signed out when you save it, so that nobody stays signed in " +
    "without the new password.",
  new_password: "New password",
  hint:
    "At least {least} characters. A few words in a row make a good password, and are easy to type on a TV.",
  repeat: "The same again",
  show: "Show what I type",
  save: "Save this password",
  unlink_first: "Sign out everywhere and unlink Amazon",
  unlink_first_hint:
    "Tick this if you do not know a device in the list, or if you did not create this account yourself.",
  unlink: "Unlink Amazon",
  unlink_hint:
    "Tick this if you did not link Amazon yourself. Then one click no longer signs in to this account.",
  unlink_doubtful_hint:
    "This is ticked because Amazon was linked before anybody had shown that this email is theirs. Untick it " +
    "only if you linked Amazon yourself.",
  faults: {
    empty: "Type the password that you choose",
    differ: "The two passwords differ: type the same one again",
    control_characters: "The password must not have control characters",
    too_short: "The password must have at least {least} characters",
    too_long: "The password must have at most {most} characters",
    sequence: "The password must not be one character again and again, or a row of neighbours",
    context: "The password must not be made of the email or the name of the app",
    common: "The password must not be one of the passwords that many people have",
  },
  devices: {
    heading: "Signed in now",
    none: "No device is signed in",
    more: "And more devices that signed in earlier.",
    nameless: "A device without a name",
    since: "Since {since}",
    since_and_last: "Since {since}, last used on {last}",
  },
  amazon: {
    heading: "Amazon",
    linked: "Linked: one click in the Appstore signs in to this account.",
    not_linked: "Not linked: one click in the Appstore does not sign in to this account.",
  },
  done: {
    title: "Your password is set",
    lead_stay: "Your devices stay signed in. You need not do anything on your TV.",
    lead_out: "All devices are signed out, and your TV too.",
    stay: "On a device without Amazon, sign in with your email and this password.",
    out: "Open {app} on your TV and sign in with your email and the new password.",
    linked: "Amazon is still linked: one click in the Appstore signs in to this account.",
    not_linked:
      "Amazon is not linked. To use one click, sign in once with your email and password when the " +
      "app asks for them.",
  },
  used: {
    title: "This link was used",
    lead: "A link works once. If that was you just now, your password is set and you can close this page.",
    get: "Was it not you? Get a new link",
  },
  dead_lead:
    "A link works once and for a limited time, and a newer mail ends the links before it. Nothing was " +
    "changed.",
};

/** The shape of these texts in every language. */
export type ResetTexts = typeof RESET;
