/**
 * German: the pages of `/reset/{token}`.
 *
 * @module
 */
import type { ResetTexts } from "../en/reset.ts";

/** The pages of `/reset/{token}`, in German. */
export const RESET: ResetTexts = {
  title_first: "Passwort wählen",
  title: "Neues Passwort wählen",
  lead_first: "Für {email} bei {app}. Ihre Geräte bleiben angemeldet.",
  lead: "Für {email} bei {app}. Beim Speichern werden alle Geräte abgemeldet, damit niemand ohne das neue " +
    "Passwort angemeldet bleibt.",
  new_password: "Neues Passwort",
  hint:
    "Mindestens {least} Zeichen. Ein paar Wörter hintereinander sind ein gutes Passwort und lassen sich auf " +
    "dem Fernseher leicht eingeben.",
  repeat: "Noch einmal dasselbe",
  show: "Eingabe anzeigen",
  save: "Dieses Passwort speichern",
  unlink_first: "Überall abmelden und Amazon trennen",
  unlink_first_hint:
    "Haken Sie das an, wenn Sie ein Gerät in der Liste nicht kennen oder dieses Konto nicht selbst angelegt haben.",
  unlink: "Amazon trennen",
  unlink_hint:
    "Haken Sie das an, wenn Sie Amazon nicht selbst verknüpft haben. Ein Klick meldet dann nicht mehr bei diesem " +
    "Konto an.",
  unlink_doubtful_hint:
    "Hier ist ein Haken gesetzt, weil Amazon verknüpft wurde, bevor jemand nachgewiesen hatte, dass ihm diese " +
    "E-Mail-Adresse gehört. Entfernen Sie ihn nur, wenn Sie Amazon selbst verknüpft haben.",
  faults: {
    empty: "Geben Sie das Passwort ein, das Sie wählen",
    differ: "Die beiden Passwörter sind verschieden: Geben Sie noch einmal dasselbe ein",
    control_characters: "Das Passwort darf keine Steuerzeichen enthalten",
    too_short: "Das Passwort muss mindestens {least} Zeichen haben",
    too_long: "Das Passwort darf höchstens {most} Zeichen haben",
    sequence: "Das Passwort darf nicht immer dasselbe Zeichen oder eine einfache Reihe sein",
    context: "Das Passwort darf nicht aus der E-Mail-Adresse oder dem Namen der App bestehen",
    common: "Das Passwort darf keines sein, das viele Leute haben",
  },
  devices: {
    heading: "Jetzt angemeldet",
    none: "Kein Gerät ist angemeldet",
    more: "Und weitere Geräte, die sich früher angemeldet haben.",
    nameless: "Ein Gerät ohne Namen",
    since: "Seit {since}",
    since_and_last: "Seit {since}, zuletzt benutzt am {last}",
  },
  amazon: {
    heading: "Amazon",
    linked: "Verknüpft: Ein Klick im Appstore meldet bei diesem Konto an.",
    not_linked: "Nicht verknüpft: Ein Klick im Appstore meldet nicht bei diesem Konto an.",
  },
  done: {
    title: "Ihr Passwort ist gespeichert",
    lead_stay: "Ihre Geräte bleiben angemeldet. Auf Ihrem Fernseher müssen Sie nichts tun.",
    lead_out: "Alle Geräte sind abgemeldet, auch Ihr Fernseher.",
    stay: "Auf einem Gerät ohne Amazon melden Sie sich mit Ihrer E-Mail-Adresse und diesem Passwort an.",
    out: "Öffnen Sie {app} auf Ihrem Fernseher und melden Sie sich mit Ihrer E-Mail-Adresse und dem neuen " +
      "Passwort an.",
    linked: "Amazon ist weiterhin verknüpft: Ein Klick im Appstore meldet bei diesem Konto an.",
    not_linked: "Amazon ist nicht verknüpft. Um den einen Klick zu nutzen, melden Sie sich einmal mit " +
      "E-Mail-Adresse und Passwort an, wenn die App danach fragt.",
  },
  used: {
    title: "Dieser Link wurde schon benutzt",
    lead:
      "Ein Link gilt einmal. Wenn Sie das eben waren, ist Ihr Passwort gespeichert und Sie können diese Seite " +
      "schließen.",
    get: "Waren Sie das nicht? Fordern Sie einen neuen Link an",
  },
  dead_lead:
    "Ein Link gilt einmal und nur für begrenzte Zeit, und eine neuere E-Mail macht die Links davor " +
    "ungültig. Es wurde nichts geändert.",
};
