/**
 * English: the pages of `/confirm-email`.
 *
 * @module
 */

/** The pages of `/confirm-email`. */
export const EMAIL = {
  change: {
    title: "Use this email address?",
    lead: "The {app} account of {from} gets the address {email}. All its other devices are signed out.",
    caution:
      "Confirm it only if this is your own account: the person who is signed in to it would have your " +
      "address.",
    button: "Use this address",
  },
  verify: {
    title: "Confirm this email address?",
    lead: "{email} is the address of a {app} account. Confirm it if the account is yours.",
    button: "Confirm this address",
  },
  keep: "To leave everything as it is, close this page.",
  done: {
    title: "Your email address is confirmed",
    changed: "Your {app} account has the address {email} now. All other devices are signed out.",
    verified: "{email} is confirmed as the address of your {app} account.",
  },
  dead: {
    used: "You have confirmed with this link already. There is nothing left to do.",
    unknown: "Nothing was changed. A link works for one hour, and ends when a newer one is mailed, a " +
      "password is chosen or everything is signed out. Ask for a new one in the app.",
    taken_title: "This address is in use",
    taken: "Nothing was changed: another account has this address by now.",
  },
};

/** The shape of these texts in every language. */
export type EmailTexts = typeof EMAIL;
