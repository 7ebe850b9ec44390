/**
 * English: the pages of `/delete-account`.
 *
 * @module
 */

/** The pages of `/delete-account`. */
export const DELETION = {
  title: "Delete your {app} account",
  lead:
    "Tell us the email address of your {app} account. We mail you a link, so that only you can delete the " +
    "account.",
  lead_no_mail:
    "Open {app} on a device that is signed in, and delete the account there. At present this page " +
    "cannot do it, because no mail can be sent.",
  button: "Mail me the link",
  what: "What is deleted",
  data: "Your email, name, postal code and password.",
  devices: "All devices are signed out, and the list of them is deleted.",
  amazon:
    "The link to your Amazon account, if there is one. If you sign in with one click later, you get a " +
    "new, empty account.",
  subscription_term: "Not a subscription in the Amazon Appstore:",
  subscription: "it continues, and you pay for it, until you end it in your Amazon account.",
  confirm: {
    title: "Delete this account?",
    lead: "The {app} account of {email}. This cannot be undone.",
    box: "Yes, delete my account for good",
    fault: "Tick the box if you want to delete the account",
    button: "Delete this account",
    keep: "To keep the account, close this page.",
  },
  done: {
    title: "Your account is deleted",
    lead: "{app} has no data of your account any more, and all devices are signed out.",
    mail: "A last mail confirms the deletion.",
    subscription:
      "A subscription in the Amazon Appstore is not ended by this. End it in your Amazon account.",
  },
  dead_lead: "If you have just confirmed with it, your account is deleted and you can close this page. " +
    "Otherwise nothing was changed: a link works for one hour, and a newer mail ends the links before it.",
};

/** The shape of these texts in every language. */
export type DeletionTexts = typeof DELETION;
