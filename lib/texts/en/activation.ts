/**
 * English: the pages of `/activate`.
 *
 * @module
 */

/** The pages of `/activate`. */
export const ACTIVATION = {
  code: {
    title: "Sign in on your TV",
    lead: "Type the code that {app} shows on your TV.",
    label: "The code on your TV",
    hint: "Eight letters. Capitals, spaces and the hyphen do not matter.",
    button: "Continue",
    empty: "Type the code that your TV shows",
    wrong: "No TV shows this code now: compare each letter, or get a new code on your TV",
  },
  tv: {
    title: "Sign in on this TV?",
    nameless: "A TV without a name",
    code: "It shows the code {code}",
    warning:
      "Continue only if this TV is in front of you and shows this code: it will be signed in to your " +
      "account.",
    amazon: "This also links the Amazon customer of this TV to your account.",
  },
  sign_in: {
    heading: "You have an account",
    password: "Your password",
    button: "Sign in on this TV",
    mail: "Mail me a link instead",
    mail_hint: "The link is for accounts without a password, too.",
    no_password: "Type your password",
    wrong: "The email or the password is wrong",
  },
  sign_up: {
    heading: "You have no account yet",
    name: "Your name (optional)",
    postal_code: "Your postal code (optional)",
    button: "Create an account and sign in on this TV",
    taken: "There is an account with this email: sign in to it, or have a link mailed to you",
  },
  deny: {
    heading: "This is not your TV",
    lead: "Perhaps somebody has sent you this page or the code. Do not let their TV into your account.",
    button: "Do not sign this TV in",
  },
  mailed: {
    lead: "This TV will be signed in to the {app} account of {email}.",
    button: "Yes, sign in on this TV",
    claim: "I did not create this account",
    claim_hint:
      "Tick this if somebody else created it with your email: all other devices are signed out, and " +
      "the password and the link to Amazon are removed.",
  },
  mail_sent: "The link works as long as your TV shows the code.",
  approved: {
    title: "Look at your TV",
    lead: "{tv} is being signed in to the account of {email}. This takes a few seconds.",
    created: "Your account is ready.",
    mistake: "If your TV does not change, you may have let the TV of a stranger in. Then choose a new " +
      "password: that signs every device out.",
  },
  taken: {
    title: "This code was used",
    lead: "Somebody has signed this TV in already. Nothing was changed.",
    again: "If your TV is not signed in, get a new code there.",
  },
  denied: {
    title: "This TV is not signed in",
    lead: "It was turned away, and its code does not work any more.",
    again: "To sign in on your own TV after all, get a new code there.",
  },
  ended: {
    title: "This code has ended",
    lead: "A code works for 15 minutes, and only for a few wrong passwords. Nothing was changed.",
    again: "Get a new code on your TV, and type it here.",
  },
  unknown: {
    title: "No TV is waiting here",
    lead: "This page belongs to a code that is long over.",
    again: "Get a code on your TV, and type it here.",
  },
};

/** The shape of these texts in every language. */
export type ActivationTexts = typeof ACTIVATION;
