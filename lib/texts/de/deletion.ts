/**
 * German: the pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionTexts } from "../en/deletion.ts";

/** The pages of `/delete-account`, in German. */
export const DELETION: DeletionTexts = {
  title: "Ihr Konto bei {app} löschen",
  lead:
    "Nennen Sie uns die E-Mail-Adresse Ihres Kontos bei {app}. Wir senden Ihnen einen Link, damit nur Sie das " +
    "Konto löschen können.",
  lead_no_mail:
    "Öffnen Sie {app} auf einem angemeldeten Gerät und löschen Sie das Konto dort. Auf dieser Seite " +
    "geht es zurzeit nicht, weil keine E-Mails verschickt werden können.",
  button: "Link zusenden",
  what: "Was gelöscht wird",
  data: "Ihre E-Mail-Adresse, Ihr Name, Ihre Postleitzahl und Ihr Passwort.",
  devices: "Alle Geräte werden abgemeldet, und die Liste der Geräte wird gelöscht.",
  amazon:
    "Die Verknüpfung mit Ihrem Amazon-Konto, falls es eine gibt. Melden Sie sich später mit einem Klick an, " +
    "bekommen Sie ein neues, leeres Konto.",
  subscription_term: "Nicht gelöscht wird ein Abo im Amazon Appstore:",
  subscription: "Es läuft weiter und Sie bezahlen es, bis Sie es in Ihrem Amazon-Konto beenden.",
  confirm: {
    title: "Dieses Konto löschen?",
    lead: "Das Konto von {email} bei {app}. Das lässt sich nicht rückgängig machen.",
    box: "Ja, mein Konto endgültig löschen",
    fault: "Setzen Sie den Haken, wenn Sie das Konto löschen möchten",
    button: "Dieses Konto löschen",
    keep: "Möchten Sie das Konto behalten, schließen Sie diese Seite.",
  },
  done: {
    title: "Ihr Konto ist gelöscht",
    lead: "{app} hat keine Daten Ihres Kontos mehr, und alle Geräte sind abgemeldet.",
    mail: "Eine letzte E-Mail bestätigt die Löschung.",
    subscription: "Ein Abo im Amazon Appstore endet dadurch nicht. Beenden Sie es in Ihrem Amazon-Konto.",
  },
  dead_lead:
    "Wenn Sie eben damit bestätigt haben, ist Ihr Konto gelöscht und Sie können diese Seite schließen. " +
    "Andernfalls wurde nichts geändert: Ein Link gilt eine Stunde, und eine neuere E-Mail macht die Links davor " +
    "ungültig.",
};
