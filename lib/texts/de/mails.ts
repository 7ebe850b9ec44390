/**
 * German: the mails.
 *
 * @module
 */
import type { MailTexts } from "../en/mails.ts";

/** The mails, in German. */
export const MAILS: MailTexts = {
  address: "Wenn die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:",
  help: "Brauchen Sie Hilfe?",
  kinds: {
    password_nudge: {
      subject: "Wählen Sie ein Passwort für {app}",
      before: [
        "Sie haben sich auf Ihrem Fernseher mit Amazon bei {app} angemeldet und brauchten deshalb kein Passwort.",
        "Wählen Sie jetzt eines, dann können Sie sich mit dieser E-Mail-Adresse auch dort anmelden, wo es Amazon " +
        "nicht gibt.",
      ],
      action: "Passwort wählen",
      after: [
        "Der Link gilt 7 Tage und funktioniert einmal. Danach meldet sich Ihr Fernseher mit einem Klick wieder an.",
        "Möchten Sie kein Passwort, müssen Sie nichts tun: Wir fragen nicht noch einmal.",
      ],
    },
    password_reset: {
      subject: "Wählen Sie ein neues Passwort für {app}",
      before: [
        "Jemand hat mit dieser E-Mail-Adresse ein neues Passwort für {app} angefordert. Wenn Sie das waren, geht es " +
        "hier weiter.",
      ],
      action: "Neues Passwort wählen",
      after: [
        "Der Link gilt 1 Stunde und funktioniert einmal.",
        "Wenn Sie das nicht waren, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.",
      ],
    },
    account_deletion: {
      subject: "Ihr Konto bei {app} löschen",
      before: [
        "Jemand möchte das Konto bei {app} mit dieser E-Mail-Adresse löschen. Wenn Sie das waren, geht es hier " +
        "weiter: Sie sehen zuerst, was gelöscht wird.",
      ],
      action: "Ansehen, was gelöscht wird",
      after: [
        "Der Link gilt 1 Stunde.",
        "Wenn Sie das nicht waren, müssen Sie nichts tun: Ohne Ihre Bestätigung wird nichts gelöscht.",
      ],
    },
    activation: {
      subject: "Auf dem Fernseher bei {app} anmelden",
      before: [
        "Jemand möchte sich auf einem Fernseher mit dieser E-Mail-Adresse bei {app} anmelden. Dieser " +
        "Fernseher zeigt den Code {code}.",
        "Fahren Sie nur fort, wenn Sie diesen Code auf einem Fernseher vor sich sehen. Mit dem Code " +
        "eines Fremden kommt dessen Fernseher in Ihr Konto.",
      ],
      action: "Diesen Fernseher ansehen",
      after: [
        "Der Link gilt, solange der Fernseher den Code zeigt, höchstens 15 Minuten.",
        "Waren Sie das nicht, müssen Sie nichts tun: Ohne Ihr Ja wird kein Fernseher angemeldet.",
      ],
    },
    account_deleted: {
      subject: "Ihr Konto bei {app} ist gelöscht",
      before: [
        "Ihr Konto bei {app} ist gelöscht, mit allem, was darin gespeichert war. Alle Geräte sind abgemeldet.",
        "Das ist die letzte E-Mail dazu. Ein Abo im Amazon Appstore endet dadurch nicht: Sie finden es in Ihrem " +
        "Amazon-Konto.",
      ],
      action: null,
      after: [],
    },
  },
};
