/**
 * English: words that several pages share, the pages of problems, and the start page.
 *
 * @module
 */

/** Words that several pages share, the pages of problems, and the start page. */
export const COMMON = {
  not_yet: "Not yet: {title}",
  faults_heading: "That did not work yet",
  passwords_emptied: "The passwords are empty again: please type them once more.",
  email_label: "Your email",
  email_fault: "Type an email address, like name@example.com",
  close: "You can close this page.",
  help: "Help",
  mail_sent: {
    title: "Look into your mailbox",
    lead: "If {app} has an account with {email}, a mail with a link is on its way there.",
    points: [
      "The link works for one hour. A newer mail ends the links before it.",
      "If no mail has come after a few minutes, look in your junk mail.",
      "If your account may have another email address, ask again with that address.",
    ],
  },
  dead_link: {
    title: "This link does not work any more",
    get: "Get a new link",
    button: "Mail me a new link",
    no_mail: "At present new links cannot be mailed.",
  },
  again: {
    moment: "Try again in a moment.",
    minute: "Try again in a minute.",
    minutes: "Try again in {minutes} minutes.",
  },
  back: "Back to the form",
  foreign_form: {
    title: "Another site has sent this form",
    text: "Nothing was changed. If you want this, send the form from our own page.",
    open: "Open the page",
  },
  problems: {
    other: {
      title: "Something went wrong here",
      text: "This is our fault, not yours. Nothing was changed.",
    },
    not_found: {
      title: "There is no such page",
      text: "Check the address, or open the link in your mail again.",
    },
    wrong_way: { title: "That does not work here", text: "Please use the form on this page." },
    wrong_method: { title: "That does not work here", text: "Open the link in your mail again." },
    too_large: { title: "That was too much", text: "The form that was sent is too large." },
    rate_limited: {
      title: "Too many tries",
      text: "Nothing was changed. A link that you have still works.",
    },
    blocked: {
      title: "This account is blocked",
      text: "Nobody can sign in to it. If this is a mistake, ask the people behind the app.",
    },
    unavailable: {
      title: "We cannot do this just now",
      text: "Try again in a moment. It may have worked already.",
    },
  },
  start: {
    title: "Sign-in for {app}",
    lead: "{app} uses this service to sign you in on your TV. There is nothing that you need to do here.",
    customers: "For customers",
    delete_account: "Delete your {app} account",
    developers: "For developers",
    docs: "Read how the API works",
    openapi: "The API's description as OpenAPI",
  },
};

/** The shape of these texts in every language. */
export type CommonTexts = typeof COMMON;
