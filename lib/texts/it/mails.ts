/**
 * Italian: the mails.
 *
 * @module
 */
import type { MailTexts } from "../en/mails.ts";

/** The mails, in Italian. */
export const MAILS: MailTexts = {
  address: "Se il pulsante non funziona, apri questo indirizzo:",
  help: "Ti serve aiuto?",
  kinds: {
    password_nudge: {
      subject: "Scegli una password per {app}",
      before: [
        "Hai effettuato l’accesso a {app} sulla tua TV con Amazon, quindi non ti serviva una password.",
        "Scegline una ora e potrai accedere con questo indirizzo e-mail anche dove Amazon non è disponibile.",
      ],
      action: "Scegli una password",
      after: [
        "Il link è valido per 7 giorni e funziona una sola volta. Dopo, la tua TV potrebbe chiederti di accedere di nuovo.",
        "Se non vuoi una password, non devi fare nulla: non te lo chiederemo più.",
      ],
    },
    password_reset: {
      subject: "Scegli una nuova password per {app}",
      before: [
        "Qualcuno ha chiesto una nuova password per {app} con questo indirizzo e-mail. Se sei stato tu, continua qui.",
      ],
      action: "Scegli una nuova password",
      after: [
        "Il link è valido per 1 ora e funziona una sola volta.",
        "Se non sei stato tu, non devi fare nulla: la tua password resta com’è.",
      ],
    },
    account_deletion: {
      subject: "Elimina il tuo account {app}",
      before: [
        "Qualcuno ha chiesto di eliminare l’account {app} con questo indirizzo e-mail. Se sei stato tu, continua qui: " +
        "prima vedrai che cosa verrà eliminato.",
      ],
      action: "Vedi che cosa viene eliminato",
      after: [
        "Il link è valido per 1 ora.",
        "Se non sei stato tu, non devi fare nulla: nulla viene eliminato senza la tua conferma.",
      ],
    },
    activation: {
      subject: "Accedi a {app} sulla tua TV",
      before: [
        "Qualcuno vuole accedere a {app} su una TV con questo indirizzo e-mail. Quella TV mostra il " +
        "codice {code}.",
        "Continua solo se vedi questo codice su una TV davanti a te. Con il codice di un altro, è la " +
        "sua TV a entrare nel tuo account.",
      ],
      action: "Guarda questa TV",
      after: [
        "Il link funziona finché la TV mostra il codice, al massimo 15 minuti.",
        "Se non sei stato tu, non devi fare nulla: nessuna TV accede senza il tuo sì.",
      ],
    },
    email_change: {
      subject: "Conferma il tuo nuovo indirizzo e-mail per {app}",
      before: [
        "Qualcuno che ha effettuato l’accesso a {app} vuole usare questo indirizzo e-mail per il proprio " +
        "account. Se sei tu, continua qui.",
      ],
      action: "Guarda questa modifica",
      after: [
        "Il link vale 1 ora e funziona una volta. Poi gli altri tuoi dispositivi vengono disconnessi.",
        "Se non sei tu, non devi fare nulla: niente cambia senza la tua conferma.",
      ],
    },
    email_change_notice: {
      subject: "Il tuo indirizzo e-mail per {app} sta per cambiare",
      before: [
        "Qualcuno che conosce la tua password vuole un altro indirizzo e-mail per il tuo account {app}. " +
        "Cambia quando viene aperto il link che abbiamo inviato a quell’indirizzo.",
      ],
      action: null,
      after: [
        "Se sei tu, qui non devi fare nulla.",
        "Se non sei tu, scegli subito una nuova password in {app}: così quel link non funziona più e " +
        "tutti gli altri dispositivi vengono disconnessi.",
      ],
    },
    email_verification: {
      subject: "Conferma il tuo indirizzo e-mail per {app}",
      before: [
        "Qualcuno che ha effettuato l’accesso a {app} ci ha chiesto di confermare questo indirizzo " +
        "e-mail. Se sei tu, continua qui.",
      ],
      action: "Conferma questo indirizzo",
      after: [
        "Il link vale 1 ora e funziona una volta.",
        "Se non sei tu, non devi fare nulla: niente cambia senza la tua conferma.",
      ],
    },
    password_changed: {
      subject: "Il tuo account {app} ha una nuova password",
      before: [
        "La password del tuo account {app} è stata modificata.",
        "Se sei stato tu, non devi fare nulla.",
      ],
      action: null,
      after: [
        "Se non sei stato tu, richiedi una nuova password nell’app: il link arriva a questo indirizzo. Disconnette tutti i dispositivi.",
      ],
    },
    amazon_linked: {
      subject: "Amazon è collegato al tuo account {app}",
      before: [
        "Amazon è stato collegato al tuo account {app}. D’ora in poi un clic nell’Amazon Appstore vi dà accesso.",
        "Se sei stato tu, non devi fare nulla.",
      ],
      action: null,
      after: [
        "Se non sei stato tu, richiedi una nuova password nell’app: il link arriva a questo indirizzo. Nella sua pagina puoi scollegare Amazon.",
      ],
    },
    amazon_unlinked: {
      subject: "Amazon non è più collegato al tuo account {app}",
      before: [
        "Amazon è stato scollegato dal tuo account {app}. Un clic nell’Amazon Appstore non vi dà più accesso; questo indirizzo e-mail e la tua password sì.",
        "Se sei stato tu, non devi fare nulla.",
      ],
      action: null,
      after: [
        "Se non sei stato tu, richiedi una nuova password nell’app: il link arriva a questo indirizzo. Disconnette tutti i dispositivi.",
      ],
    },
    account_deleted: {
      subject: "Il tuo account {app} è stato eliminato",
      before: [
        "Il tuo account {app} è stato eliminato, con tutto ciò che conteneva. Tutti i dispositivi sono stati " +
        "disconnessi.",
        "Questa è l’ultima e-mail al riguardo. Un abbonamento nell’Amazon Appstore non termina in questo modo: lo trovi " +
        "nel tuo account Amazon.",
      ],
      action: null,
      after: [],
    },
  },
};
