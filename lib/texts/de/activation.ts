/**
 * German: the pages of `/activate`.
 *
 * @module
 */
import type { ActivationTexts } from "../en/activation.ts";

/** The pages of `/activate`, in German. */
export const ACTIVATION: ActivationTexts = {
  code: {
    title: "Auf dem Fernseher anmelden",
    lead: "Geben Sie den Code ein, den {app} auf Ihrem Fernseher zeigt.",
    label: "Der Code auf Ihrem Fernseher",
    hint: "Acht Buchstaben. Großschreibung, Leerzeichen und der Bindestrich sind egal.",
    button: "Weiter",
    empty: "Geben Sie den Code ein, den Ihr Fernseher zeigt",
    wrong: "Kein Fernseher zeigt jetzt diesen Code: Vergleichen Sie jeden Buchstaben, oder holen Sie sich " +
      "auf dem Fernseher einen neuen",
  },
  tv: {
    title: "Diesen Fernseher anmelden?",
    nameless: "Ein Fernseher ohne Namen",
    code: "Er zeigt den Code {code}",
    warning: "Fahren Sie nur fort, wenn dieser Fernseher vor Ihnen steht und diesen Code zeigt: Er wird in " +
      "Ihrem Konto angemeldet.",
    amazon: "Damit wird auch der Amazon-Kunde dieses Fernsehers mit Ihrem Konto verknüpft.",
  },
  sign_in: {
    heading: "Sie haben ein Konto",
    password: "Ihr Passwort",
    button: "Auf diesem Fernseher anmelden",
    mail: "Stattdessen einen Link zusenden",
    mail_hint: "Der Link ist auch für Konten ohne Passwort da.",
    no_password: "Geben Sie Ihr Passwort ein",
    wrong: "E-Mail-Adresse oder Passwort ist falsch",
  },
  sign_up: {
    heading: "Sie haben noch kein Konto",
    name: "Ihr Name (freiwillig)",
    postal_code: "Ihre Postleitzahl (freiwillig)",
    button: "Konto anlegen und diesen Fernseher anmelden",
    taken: "Mit dieser E-Mail-Adresse gibt es ein Konto: Melden Sie sich dort an, oder lassen Sie sich " +
      "einen Link zusenden",
  },
  deny: {
    heading: "Das ist nicht Ihr Fernseher",
    lead: "Vielleicht hat Ihnen jemand diese Seite oder den Code geschickt. Lassen Sie den fremden " +
      "Fernseher nicht in Ihr Konto.",
    button: "Diesen Fernseher nicht anmelden",
  },
  mailed: {
    lead: "Dieser Fernseher wird im Konto von {email} bei {app} angemeldet.",
    button: "Ja, diesen Fernseher anmelden",
    claim: "Ich habe dieses Konto nicht angelegt",
    claim_hint:
      "Haken Sie das an, wenn jemand anderes es mit Ihrer E-Mail-Adresse angelegt hat: Alle anderen " +
      "Geräte werden abgemeldet, und das Passwort und die Verknüpfung mit Amazon werden entfernt.",
  },
  mail_sent: "Der Link gilt, solange Ihr Fernseher den Code zeigt.",
  approved: {
    title: "Sehen Sie auf Ihren Fernseher",
    lead: "{tv} wird im Konto von {email} angemeldet. Das dauert ein paar Sekunden.",
    created: "Ihr Konto ist angelegt.",
    mistake: "Ändert sich auf Ihrem Fernseher nichts, haben Sie vielleicht einen fremden Fernseher " +
      "angemeldet. Wählen Sie dann ein neues Passwort: Das meldet alle Geräte ab.",
  },
  taken: {
    title: "Dieser Code wurde schon benutzt",
    lead: "Jemand hat diesen Fernseher bereits angemeldet. Es wurde nichts geändert.",
    again: "Ist Ihr Fernseher nicht angemeldet, holen Sie sich dort einen neuen Code.",
  },
  denied: {
    title: "Dieser Fernseher wird nicht angemeldet",
    lead: "Er wurde abgewiesen, und sein Code gilt nicht mehr.",
    again: "Möchten Sie Ihren eigenen Fernseher doch anmelden, holen Sie sich dort einen neuen Code.",
  },
  ended: {
    title: "Dieser Code ist abgelaufen",
    lead: "Ein Code gilt 15 Minuten und nur für wenige falsche Passwörter. Es wurde nichts geändert.",
    again: "Holen Sie sich auf dem Fernseher einen neuen Code, und geben Sie ihn hier ein.",
  },
  unknown: {
    title: "Hier wartet kein Fernseher",
    lead: "Diese Seite gehört zu einem Code, der längst abgelaufen ist.",
    again: "Holen Sie sich auf dem Fernseher einen Code, und geben Sie ihn hier ein.",
  },
};
