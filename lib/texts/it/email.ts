/**
 * Italian: the pages of `/confirm-email`.
 *
 * @module
 */
import type { EmailTexts } from "../en/email.ts";

/** The pages of `/confirm-email`, in Italian. */
export const EMAIL: EmailTexts = {
  change: {
    title: "Usare questo indirizzo e-mail?",
    lead: "L’account {app} di {from} riceve l’indirizzo {email}. Tutti gli altri dispositivi vengono " +
      "disconnessi.",
    caution: "Conferma solo se è il tuo account: altrimenti chi vi ha effettuato l’accesso avrebbe il tuo " +
      "indirizzo.",
    button: "Usa questo indirizzo",
  },
  verify: {
    title: "Confermare questo indirizzo e-mail?",
    lead: "{email} è l’indirizzo di un account {app}. Confermalo se l’account è tuo.",
    button: "Conferma questo indirizzo",
  },
  keep: "Per lasciare tutto com’è, chiudi questa pagina.",
  done: {
    title: "Il tuo indirizzo e-mail è confermato",
    changed: "Il tuo account {app} ha ora l’indirizzo {email}. Tutti gli altri dispositivi sono " +
      "disconnessi.",
    verified: "{email} è confermato come indirizzo del tuo account {app}.",
  },
  dead: {
    used: "Hai già confermato con questo link. Non c’è altro da fare.",
    unknown: "Non è stato cambiato nulla. Un link vale un’ora. Finisce quando ne viene inviato uno più " +
      "recente, si sceglie una password o ci si disconnette ovunque. Chiedine uno nuovo nell’app.",
    taken_title: "Questo indirizzo è già in uso",
    taken: "Non è stato cambiato nulla: ormai un altro account ha questo indirizzo.",
  },
};
