/**
 * Italian: the pages of `/activate`.
 *
 * @module
 */
import type { ActivationTexts } from "../en/activation.ts";

/** The pages of `/activate`, in Italian. */
export const ACTIVATION: ActivationTexts = {
  code: {
    title: "Accedi sulla TV",
    lead: "Scrivi il codice che {app} mostra sulla tua TV.",
    label: "Il codice sulla tua TV",
    hint: "Otto lettere. Maiuscole, spazi e trattino non contano.",
    button: "Continua",
    empty: "Scrivi il codice che la tua TV mostra",
    wrong: "Nessuna TV mostra ora questo codice: confronta ogni lettera o chiedi un nuovo codice sulla TV",
  },
  tv: {
    title: "Accedere su questa TV?",
    nameless: "Una TV senza nome",
    code: "Mostra il codice {code}",
    warning: "Continua solo se questa TV è davanti a te e mostra questo codice: avrà accesso al tuo account.",
    amazon: "Così anche il cliente Amazon di questa TV viene collegato al tuo account.",
  },
  sign_in: {
    heading: "Hai già un account",
    password: "La tua password",
    button: "Accedi su questa TV",
    mail: "Inviami invece un link",
    mail_hint: "Il link va bene anche per gli account senza password.",
    no_password: "Scrivi la tua password",
    wrong: "L’e-mail o la password è sbagliata",
  },
  sign_up: {
    heading: "Non hai ancora un account",
    name: "Il tuo nome (facoltativo)",
    postal_code: "Il tuo codice postale (facoltativo)",
    button: "Crea un account e accedi su questa TV",
    taken: "C’è già un account con questa e-mail: accedi oppure chiedi un link per e-mail",
  },
  deny: {
    heading: "Questa non è la tua TV",
    lead: "Forse qualcuno ti ha mandato questa pagina o il codice. Non lasciare entrare la sua TV nel " +
      "tuo account.",
    button: "Non far accedere questa TV",
  },
  mailed: {
    lead: "Questa TV accederà all’account {app} di {email}.",
    button: "Sì, accedi su questa TV",
    claim: "Non ho creato io questo account",
    claim_hint:
      "Seleziona questa casella se l’ha creato un’altra persona con la tua e-mail: tutti gli altri " +
      "dispositivi vengono disconnessi e la password e il collegamento con Amazon vengono rimossi.",
  },
  mail_sent: "Il link funziona finché la tua TV mostra il codice.",
  approved: {
    title: "Guarda la tua TV",
    lead: "{tv} sta accedendo all’account di {email}. Ci vogliono pochi secondi.",
    created: "Il tuo account è pronto.",
    mistake: "Se sulla tua TV non cambia nulla, forse hai fatto accedere la TV di un estraneo. Allora " +
      "scegli una nuova password: così tutti i dispositivi vengono disconnessi.",
  },
  taken: {
    title: "Questo codice è già stato usato",
    lead: "Qualcuno ha già fatto accedere questa TV. Non è stato cambiato nulla.",
    again: "Se la tua TV non è connessa, chiedi lì un nuovo codice.",
  },
  denied: {
    title: "Questa TV non accede",
    lead: "È stata respinta e il suo codice non funziona più.",
    again: "Se vuoi comunque accedere sulla tua TV, chiedi lì un nuovo codice.",
  },
  ended: {
    title: "Questo codice è scaduto",
    lead: "Un codice vale 15 minuti e solo per poche password sbagliate. Non è stato cambiato nulla.",
    again: "Chiedi un nuovo codice sulla tua TV e scrivilo qui.",
  },
  unknown: {
    title: "Qui non aspetta nessuna TV",
    lead: "Questa pagina è di un codice scaduto da tempo.",
    again: "Chiedi un codice sulla tua TV e scrivilo qui.",
  },
};
