/**
 * Italian: the pages of `/reset/{token}`.
 *
 * @module
 */
import type { ResetTexts } from "../en/reset.ts";

/** The pages of `/reset/{token}`, in Italian. */
export const RESET: ResetTexts = {
  title_first: "Scegli una password",
  title: "Scegli una nuova password",
  lead_first: "Per {email} su {app}. I tuoi dispositivi restano connessi.",
  lead:
    "Per {email} su {app}. Quando la salvi, tutti i dispositivi vengono disconnessi, così nessuno resta connesso " +
    "senza la nuova password.",
  new_password: "Nuova password",
  hint:
    "Almeno {least} caratteri. Alcune parole di seguito sono una buona password e si scrivono facilmente su una TV.",
  repeat: "La stessa ancora una volta",
  show: "Mostra ciò che scrivo",
  save: "Salva questa password",
  unlink_first: "Disconnetti ovunque e scollega Amazon",
  unlink_first_hint:
    "Seleziona questa casella se non conosci un dispositivo dell’elenco o se non hai creato tu questo account.",
  unlink: "Scollega Amazon",
  unlink_hint:
    "Seleziona questa casella se non hai collegato tu Amazon. Un clic non darà più accesso a questo account.",
  unlink_doubtful_hint:
    "La casella è selezionata perché Amazon è stato collegato prima che qualcuno dimostrasse che questo indirizzo " +
    "e-mail è suo. Deselezionala solo se hai collegato tu Amazon.",
  faults: {
    empty: "Scrivi la password che scegli",
    differ: "Le due password sono diverse: scrivi di nuovo la stessa",
    control_characters: "La password non può contenere caratteri di controllo",
    too_short: "La password deve avere almeno {least} caratteri",
    too_long: "La password può avere al massimo {most} caratteri",
    sequence: "La password non può essere un solo carattere ripetuto né una semplice sequenza",
    context: "La password non può essere formata dall’indirizzo e-mail o dal nome dell’app",
    common: "La password non può essere una di quelle che usano in molti",
  },
  devices: {
    heading: "Connessi ora",
    none: "Nessun dispositivo è connesso",
    more: "E altri dispositivi che hanno effettuato l’accesso in precedenza.",
    nameless: "Un dispositivo senza nome",
    since: "Dal {since}",
    since_and_last: "Dal {since}, ultimo utilizzo il {last}",
  },
  amazon: {
    heading: "Amazon",
    linked: "Collegato: un clic nell’Appstore dà accesso a questo account.",
    not_linked: "Non collegato: un clic nell’Appstore non dà accesso a questo account.",
  },
  done: {
    title: "La tua password è salvata",
    lead_stay: "I tuoi dispositivi restano connessi. Non devi fare nulla sulla TV.",
    lead_out: "Tutti i dispositivi sono stati disconnessi, anche la tua TV.",
    stay: "Su un dispositivo senza Amazon, accedi con il tuo indirizzo e-mail e questa password.",
    out: "Apri {app} sulla tua TV e accedi con il tuo indirizzo e-mail e la nuova password.",
    linked: "Amazon è ancora collegato: un clic nell’Appstore dà accesso a questo account.",
    not_linked:
      "Amazon non è collegato. Per usare un solo clic, accedi una volta con e-mail e password quando l’app " +
      "le chiede.",
  },
  used: {
    title: "Questo link è già stato usato",
    lead:
      "Un link funziona una sola volta. Se lo hai appena usato tu, la password è salvata e puoi chiudere questa " +
      "pagina.",
    get: "Non sei stato tu? Richiedi un nuovo link",
  },
  dead_lead:
    "Un link funziona una sola volta e per un tempo limitato, e un’e-mail più recente annulla i link " +
    "precedenti. Non è stato modificato nulla.",
};
