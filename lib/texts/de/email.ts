/**
 * German: the pages of `/confirm-email`.
 *
 * @module
 */
import type { EmailTexts } from "../en/email.ts";

/** The pages of `/confirm-email`, in German. */
export const EMAIL: EmailTexts = {
  change: {
    title: "Diese E-Mail-Adresse verwenden?",
    lead: "Das Konto von {from} bei {app} bekommt die Adresse {email}. Alle anderen Geräte des Kontos " +
      "werden abgemeldet.",
    caution: "Bestätigen Sie das nur, wenn es Ihr eigenes Konto ist: Wer dort angemeldet ist, hätte sonst " +
      "Ihre Adresse.",
    button: "Diese Adresse verwenden",
  },
  verify: {
    title: "Diese E-Mail-Adresse bestätigen?",
    lead: "{email} ist die Adresse eines Kontos bei {app}. Bestätigen Sie sie, wenn es Ihr Konto ist.",
    button: "Diese Adresse bestätigen",
  },
  keep: "Soll alles bleiben, wie es ist, schließen Sie diese Seite.",
  done: {
    title: "Ihre E-Mail-Adresse ist bestätigt",
    changed: "Ihr Konto bei {app} hat jetzt die Adresse {email}. Alle anderen Geräte sind abgemeldet.",
    verified: "{email} ist als Adresse Ihres Kontos bei {app} bestätigt.",
  },
  dead: {
    used: "Sie haben mit diesem Link schon bestätigt. Es ist nichts mehr zu tun.",
    unknown: "Es wurde nichts geändert. Ein Link gilt eine Stunde. Er endet, wenn ein neuerer verschickt, " +
      "ein Passwort gewählt oder alles abgemeldet wird. Fordern Sie in der App einen neuen an.",
    taken_title: "Diese Adresse wird schon verwendet",
    taken: "Es wurde nichts geändert: Inzwischen hat ein anderes Konto diese Adresse.",
  },
};
