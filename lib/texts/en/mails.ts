/**
 * English: the mails.
 *
 * @module
 */

/** The words around every mail, and the words of each kind of mail. */
export const MAILS = {
  address: "If the button does not work, open this address:",
  help: "Do you need help?",
  kinds: {
    password_nudge: {
      subject: "Choose a password for {app}",
      before: [
        "You signed in to {app} on your TV with Amazon, so you did not need a password.",
        "Choose one now, and you can also sign in with this email address where Amazon is not available.",
      ],
      action: "Choose a password",
      after: [
        "The link is valid for 7 days and works once. Afterwards your TV may ask you to sign in again.",
        "If you do not want a password, there is nothing to do: we will not ask again.",
      ],
    },
    password_reset: {
      subject: "Choose a new password for {app}",
      before: [
        "Somebody asked for a new password for {app} with this email address. If it was you, go on here.",
      ],
      action: "Choose a new password",
      after: [
        "The link is valid for 1 hour and works once.",
        "If it was not you, there is nothing to do: your password stays as it is.",
      ],
    },
    account_deletion: {
      subject: "Delete your {app} account",
      before: [
        "Somebody asked to delete the {app} account with this email address. If it was you, go on here: you " +
        "will see what will be deleted first.",
      ],
      action: "See what is deleted",
      after: [
        "The link is valid for 1 hour.",
        "If it was not you, there is nothing to do: nothing is deleted without your confirmation.",
      ],
    },
    activation: {
      subject: "Sign in to {app} on your TV",
      before: [
        "Somebody wants to sign in to {app} on a TV with this email address. That TV shows the code " +
        "{code}.",
        "Go on only if you see this code on a TV in front of you. With the code of somebody else, their TV gets into " +
        "your account.",
      ],
      action: "Look at this TV",
      after: [
        "The link works as long as the TV shows the code, at most 15 minutes.",
        "If it was not you, there is nothing to do: no TV is signed in without your yes.",
      ],
    },
    email_change: {
      subject: "Confirm your new email address for {app}",
      before: [
        "Somebody who is signed in to {app} wants to use this email address for their account. If it was " +
        "you, go on here.",
      ],
      action: "Look at this change",
      after: [
        "The link is valid for 1 hour and works once. Then your other devices are signed out.",
        "If it was not you, there is nothing to do: nothing changes without your confirmation.",
      ],
    },
    email_change_notice: {
      subject: "Your email address for {app} is to change",
      before: [
        "Somebody who knows your password wants another email address for your {app} account. It changes " +
        "when they open the link that we mailed to that address.",
      ],
      action: null,
      after: [
        "If it was you, there is nothing to do here.",
        "If it was not you, choose a new password in {app} now: then that link does not work any more, " +
        "and all other devices are signed out.",
      ],
    },
    email_verification: {
      subject: "Confirm your email address for {app}",
      before: [
        "Somebody who is signed in to {app} asked us to confirm this email address. If it was you, go on " +
        "here.",
      ],
      action: "Confirm this address",
      after: [
        "The link is valid for 1 hour and works once.",
        "If it was not you, there is nothing to do: nothing changes without your confirmation.",
      ],
    },
    password_changed: {
      subject: "Your {app} account has a new password",
      before: [
        "The password of your {app} account was changed.",
        "If it was you, there is nothing to do.",
      ],
      action: null,
      after: [
        "If it was not you, ask for a new password in the app: the link comes to this address. It signs all devices out.",
      ],
    },
    amazon_linked: {
      subject: "Amazon is linked to your {app} account",
      before: [
        "Amazon was linked to your {app} account. From now on one click in the Amazon Appstore signs in to it.",
        "If it was you, there is nothing to do.",
      ],
      action: null,
      after: [
        "If it was not you, ask for a new password in the app: the link comes to this address. On its page you can unlink Amazon.",
      ],
    },
    amazon_unlinked: {
      subject: "Amazon is no longer linked to your {app} account",
      before: [
        "Amazon was unlinked from your {app} account. One click in the Amazon Appstore no longer signs in to it; this email address and your password do.",
        "If it was you, there is nothing to do.",
      ],
      action: null,
      after: [
        "If it was not you, ask for a new password in the app: the link comes to this address. It signs all devices out.",
      ],
    },
    account_deleted: {
      subject: "Your {app} account is deleted",
      before: [
        "Your {app} account is deleted, with everything that was stored in it. All devices are signed out.",
        "This is the last mail about it. A subscription in the Amazon Appstore is not ended by this: you find " +
        "it in your Amazon account.",
      ],
      action: null,
      after: [],
    },
  },
};

/** The shape of these texts in every language. */
export type MailTexts = typeof MAILS;
