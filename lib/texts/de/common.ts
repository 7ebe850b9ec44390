/**
 * German: words that several pages share, the pages of problems, and the start page.
 *
 * @module
 */
import type { CommonTexts } from "../en/common.ts";

/** Words that several pages share, the pages of problems, and the start page, in German. */
export const COMMON: CommonTexts = {
  not_yet: "Noch nicht: {title}",
  faults_heading: "Das hat noch nicht geklappt",
  passwords_emptied: "Die Passwörter sind wieder leer: Geben Sie sie bitte noch einmal ein.",
  email_label: "Ihre E-Mail-Adresse",
  email_fault: "Geben Sie eine E-Mail-Adresse ein, etwa name@example.com",
  close: "Sie können diese Seite schließen.",
  help: "Hilfe",
  mail_sent: {
    title: "Sehen Sie in Ihr Postfach",
    lead: "Wenn es bei {app} ein Konto mit {email} gibt, ist eine E-Mail mit einem Link dorthin unterwegs.",
    points: [
      "Der Link gilt eine Stunde. Eine neuere E-Mail macht die Links davor ungültig.",
      "Ist nach einigen Minuten nichts angekommen, sehen Sie im Spam-Ordner nach.",
      "Falls Ihr Konto eine andere E-Mail-Adresse hat, fragen Sie noch einmal mit dieser Adresse an.",
    ],
  },
  dead_link: {
    title: "Dieser Link gilt nicht mehr",
    get: "Neuen Link anfordern",
    button: "Neuen Link zusenden",
    no_mail: "Zurzeit können keine neuen Links verschickt werden.",
  },
  again: {
    moment: "Versuchen Sie es gleich noch einmal.",
    minute: "Versuchen Sie es in einer Minute noch einmal.",
    minutes: "Versuchen Sie es in {minutes} Minuten noch einmal.",
  },
  back: "Zurück zum Formular",
  foreign_form: {
    title: "Dieses Formular kam von einer anderen Website",
    text:
      "Es wurde nichts geändert. Wenn Sie das möchten, senden Sie das Formular von unserer eigenen Seite ab.",
    open: "Seite öffnen",
  },
  problems: {
    other: {
      title: "Hier ist etwas schiefgegangen",
      text: "Das liegt an uns, nicht an Ihnen. Es wurde nichts geändert.",
    },
    not_found: {
      title: "Diese Seite gibt es nicht",
      text: "Prüfen Sie die Adresse oder öffnen Sie den Link in Ihrer E-Mail noch einmal.",
    },
    wrong_way: { title: "Das geht hier nicht", text: "Bitte verwenden Sie das Formular auf dieser Seite." },
    wrong_method: { title: "Das geht hier nicht", text: "Öffnen Sie den Link in Ihrer E-Mail noch einmal." },
    too_large: { title: "Das war zu viel", text: "Das gesendete Formular ist zu groß." },
    rate_limited: {
      title: "Zu viele Versuche",
      text: "Es wurde nichts geändert. Ein Link, den Sie haben, gilt weiterhin.",
    },
    blocked: {
      title: "Dieses Konto ist gesperrt",
      text:
        "Niemand kann sich damit anmelden. Wenn das ein Irrtum ist, wenden Sie sich an den Anbieter der App.",
    },
    unavailable: {
      title: "Das geht gerade nicht",
      text: "Versuchen Sie es gleich noch einmal. Vielleicht hat es schon geklappt.",
    },
  },
  start: {
    title: "Anmeldung für {app}",
    lead: "Über diesen Dienst meldet {app} Sie auf Ihrem Fernseher an. Sie müssen hier nichts tun.",
    customers: "Für Kundinnen und Kunden",
    delete_account: "Ihr Konto bei {app} löschen",
    developers: "Für Entwicklerinnen und Entwickler",
    docs: "So funktioniert die API (auf Englisch)",
    openapi: "Die Beschreibung der API als OpenAPI",
  },
};
