/**
 * Italian: the pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionTexts } from "../en/deletion.ts";

/** The pages of `/delete-account`, in Italian. */
export const DELETION: DeletionTexts = {
  title: "Elimina il tuo account {app}",
  lead:
    "Indicaci l’indirizzo e-mail del tuo account {app}. Ti invieremo un link, così solo tu potrai eliminare " +
    "l’account.",
  lead_no_mail:
    "Apri {app} su un dispositivo connesso ed elimina lì l’account. Al momento questa pagina non può " +
    "farlo, perché non è possibile inviare e-mail.",
  button: "Inviami il link",
  what: "Che cosa viene eliminato",
  data: "Il tuo indirizzo e-mail, il nome, il codice postale e la password.",
  devices: "Tutti i dispositivi vengono disconnessi e il loro elenco viene eliminato.",
  amazon:
    "Il collegamento con il tuo account Amazon, se c’è. Se in seguito accedi con un clic, avrai un account nuovo " +
    "e vuoto.",
  subscription_term: "Non viene eliminato un abbonamento nell’Amazon Appstore:",
  subscription: "continua, e lo paghi, finché non lo annulli nel tuo account Amazon.",
  confirm: {
    title: "Eliminare questo account?",
    lead: "L’account {app} di {email}. L’operazione non può essere annullata.",
    box: "Sì, elimina definitivamente il mio account",
    fault: "Seleziona la casella se vuoi eliminare l’account",
    button: "Elimina questo account",
    keep: "Per mantenere l’account, chiudi questa pagina.",
  },
  done: {
    title: "Il tuo account è stato eliminato",
    lead: "{app} non ha più alcun dato del tuo account e tutti i dispositivi sono stati disconnessi.",
    mail: "Un’ultima e-mail conferma l’eliminazione.",
    subscription:
      "Un abbonamento nell’Amazon Appstore non termina in questo modo. Annullalo nel tuo account Amazon.",
  },
  dead_lead:
    "Se hai appena confermato con questo link, il tuo account è stato eliminato e puoi chiudere questa " +
    "pagina. Altrimenti non è stato modificato nulla: un link funziona per un’ora, e un’e-mail più recente annulla i " +
    "link precedenti.",
};
