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
        "Der Link gilt 7 Tage und funktioniert einmal. Danach kann Ihr Fernseher Sie bitten, sich neu anzumelden.",
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
    email_change: {
      subject: "Bestätigen Sie Ihre neue E-Mail-Adresse für {app}",
      before: [
        "Jemand, der bei {app} angemeldet ist, möchte diese E-Mail-Adresse für sein Konto verwenden. " +
        "Wenn Sie das waren, geht es hier weiter.",
      ],
      action: "Diese Änderung ansehen",
      after: [
        "Der Link gilt 1 Stunde und funktioniert einmal. Danach sind Ihre anderen Geräte abgemeldet.",
        "Wenn Sie das nicht waren, müssen Sie nichts tun: Ohne Ihre Bestätigung ändert sich nichts.",
      ],
    },
    email_change_notice: {
      subject: "Ihre E-Mail-Adresse für {app} soll sich ändern",
      before: [
        "Jemand, der Ihr Passwort kennt, möchte für Ihr Konto bei {app} eine andere E-Mail-Adresse. Sie " +
        "ändert sich, sobald der Link geöffnet wird, den wir an jene Adresse geschickt haben.",
      ],
      action: null,
      after: [
        "Wenn Sie das waren, ist hier nichts zu tun.",
        "Wenn Sie das nicht waren, wählen Sie jetzt in {app} ein neues Passwort: Dann funktioniert jener " +
        "Link nicht mehr, und alle anderen Geräte werden abgemeldet.",
      ],
    },
    email_verification: {
      subject: "Bestätigen Sie Ihre E-Mail-Adresse für {app}",
      before: [
        "Jemand, der bei {app} angemeldet ist, möchte diese E-Mail-Adresse bestätigen. Wenn Sie das " +
        "waren, geht es hier weiter.",
      ],
      action: "Diese Adresse bestätigen",
      after: [
        "Der Link gilt 1 Stunde und funktioniert einmal.",
        "Wenn Sie das nicht waren, müssen Sie nichts tun: Ohne Ihre Bestätigung ändert sich nichts.",
      ],
    },
    password_changed: {
      subject: "Ihr Konto bei {app} hat ein neues Passwort",
      before: [
        "Das Passwort Ihres Kontos bei {app} wurde geändert.",
        "Wenn Sie das waren, müssen Sie nichts tun.",
      ],
      action: null,
      after: [
        "Wenn Sie das nicht waren, fordern Sie in der App ein neues Passwort an: Der Link kommt an diese Adresse. Damit werden alle Geräte abgemeldet.",
      ],
    },
    amazon_linked: {
      subject: "Amazon ist mit Ihrem Konto bei {app} verknüpft",
      before: [
        "Amazon wurde mit Ihrem Konto bei {app} verknüpft. Von jetzt an meldet ein Klick im Amazon Appstore bei diesem Konto an.",
        "Wenn Sie das waren, müssen Sie nichts tun.",
      ],
      action: null,
      after: [
        "Wenn Sie das nicht waren, fordern Sie in der App ein neues Passwort an: Der Link kommt an diese Adresse. Auf seiner Seite können Sie Amazon trennen.",
      ],
    },
    amazon_unlinked: {
      subject: "Amazon ist nicht mehr mit Ihrem Konto bei {app} verknüpft",
      before: [
        "Amazon wurde von Ihrem Konto bei {app} getrennt. Ein Klick im Amazon Appstore meldet dort nicht mehr an, diese E-Mail-Adresse und Ihr Passwort schon.",
        "Wenn Sie das waren, müssen Sie nichts tun.",
      ],
      action: null,
      after: [
        "Wenn Sie das nicht waren, fordern Sie in der App ein neues Passwort an: Der Link kommt an diese Adresse. Damit werden alle Geräte abgemeldet.",
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
