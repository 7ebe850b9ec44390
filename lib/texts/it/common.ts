/**
 * Italian: words that several pages share, the pages of problems, and the start page.
 *
 * @module
 */
import type { CommonTexts } from "../en/common.ts";

/** Words that several pages share, the pages of problems, and the start page, in Italian. */
export const COMMON: CommonTexts = {
  not_yet: "Non ancora: {title}",
  faults_heading: "Non ha ancora funzionato",
  passwords_emptied: "Le password sono di nuovo vuote: scrivile ancora una volta.",
  email_label: "Il tuo indirizzo e-mail",
  email_fault: "Scrivi un indirizzo e-mail, come name@example.com",
  close: "Puoi chiudere questa pagina.",
  help: "Aiuto",
  mail_sent: {
    title: "Controlla la tua casella di posta",
    lead: "Se {app} ha un account con {email}, abbiamo inviato lì un’e-mail con un link.",
    points: [
      "Il link funziona per un’ora. Un’e-mail più recente annulla i link precedenti.",
      "Se dopo qualche minuto non è arrivato nulla, guarda nella posta indesiderata.",
      "Se il tuo account potrebbe avere un altro indirizzo e-mail, riprova con quell’indirizzo.",
    ],
  },
  dead_link: {
    title: "Questo link non funziona più",
    get: "Richiedi un nuovo link",
    button: "Inviami un nuovo link",
    no_mail: "Al momento non è possibile inviare nuovi link.",
  },
  again: {
    moment: "Riprova tra un momento.",
    minute: "Riprova tra un minuto.",
    minutes: "Riprova tra {minutes} minuti.",
  },
  back: "Torna al modulo",
  foreign_form: {
    title: "Questo modulo è stato inviato da un altro sito",
    text: "Non è stato modificato nulla. Se è ciò che vuoi, invia il modulo dalla nostra pagina.",
    open: "Apri la pagina",
  },
  problems: {
    other: {
      title: "Qualcosa è andato storto",
      text: "È colpa nostra, non tua. Non è stato modificato nulla.",
    },
    not_found: {
      title: "Questa pagina non esiste",
      text: "Controlla l’indirizzo o apri di nuovo il link nella tua e-mail.",
    },
    wrong_way: { title: "Qui non funziona", text: "Usa il modulo di questa pagina." },
    wrong_method: { title: "Qui non funziona", text: "Apri di nuovo il link nella tua e-mail." },
    too_large: { title: "Era troppo", text: "Il modulo inviato è troppo grande." },
    rate_limited: {
      title: "Troppi tentativi",
      text: "Non è stato modificato nulla. Un link che hai già ricevuto funziona ancora.",
    },
    blocked: {
      title: "Questo account è bloccato",
      text: "Nessuno può accedere. Se è un errore, rivolgiti a chi offre l’app.",
    },
    unavailable: {
      title: "In questo momento non è possibile",
      text: "Riprova tra un momento. Potrebbe aver già funzionato.",
    },
  },
  start: {
    title: "Accesso a {app}",
    lead: "{app} usa questo servizio per farti accedere dalla tua TV. Qui non devi fare nulla.",
    customers: "Per i clienti",
    delete_account: "Elimina il tuo account {app}",
    developers: "Per gli sviluppatori",
    docs: "Leggi come funziona l’API (in inglese)",
    openapi: "La descrizione dell’API in formato OpenAPI",
  },
};
