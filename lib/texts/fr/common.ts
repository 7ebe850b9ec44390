/**
 * French: words that several pages share, the pages of problems, and the start page.
 *
 * @module
 */
import type { CommonTexts } from "../en/common.ts";

/** Words that several pages share, the pages of problems, and the start page, in French. */
export const COMMON: CommonTexts = {
  not_yet: "Pas encore : {title}",
  faults_heading: "Cela n’a pas encore fonctionné",
  passwords_emptied: "Les mots de passe sont à nouveau vides : saisissez-les encore une fois.",
  email_label: "Votre adresse e-mail",
  email_fault: "Saisissez une adresse e-mail, par exemple name@example.com",
  close: "Vous pouvez fermer cette page.",
  help: "Aide",
  mail_sent: {
    title: "Consultez votre messagerie",
    lead: "S’il existe un compte {app} avec {email}, un e-mail contenant un lien vient d’y être envoyé.",
    points: [
      "Le lien est valable une heure. Un e-mail plus récent annule les liens précédents.",
      "Si rien n’arrive au bout de quelques minutes, regardez dans vos courriers indésirables.",
      "Si votre compte a peut-être une autre adresse e-mail, recommencez avec cette adresse.",
    ],
  },
  dead_link: {
    title: "Ce lien ne fonctionne plus",
    get: "Recevoir un nouveau lien",
    button: "M’envoyer un nouveau lien",
    no_mail: "Il n’est pas possible d’envoyer de nouveaux liens pour le moment.",
  },
  again: {
    moment: "Réessayez dans un instant.",
    minute: "Réessayez dans une minute.",
    minutes: "Réessayez dans {minutes} minutes.",
  },
  back: "Revenir au formulaire",
  foreign_form: {
    title: "Ce formulaire a été envoyé par un autre site",
    text:
      "Rien n’a été modifié. Si c’est bien ce que vous voulez, envoyez le formulaire depuis notre propre page.",
    open: "Ouvrir la page",
  },
  problems: {
    other: {
      title: "Une erreur s’est produite",
      text: "C’est de notre fait, pas du vôtre. Rien n’a été modifié.",
    },
    not_found: {
      title: "Cette page n’existe pas",
      text: "Vérifiez l’adresse, ou ouvrez à nouveau le lien dans votre e-mail.",
    },
    wrong_way: {
      title: "Cela ne fonctionne pas ici",
      text: "Veuillez utiliser le formulaire de cette page.",
    },
    wrong_method: {
      title: "Cela ne fonctionne pas ici",
      text: "Ouvrez à nouveau le lien dans votre e-mail.",
    },
    too_large: { title: "C’est trop long", text: "Le formulaire envoyé est trop volumineux." },
    rate_limited: {
      title: "Trop de tentatives",
      text: "Rien n’a été modifié. Un lien que vous avez déjà reçu reste valable.",
    },
    blocked: {
      title: "Ce compte est bloqué",
      text:
        "Personne ne peut s’y connecter. S’il s’agit d’une erreur, adressez-vous à l’éditeur de l’application.",
    },
    unavailable: {
      title: "C’est impossible pour le moment",
      text: "Réessayez dans un instant. L’opération a peut-être déjà abouti.",
    },
  },
  start: {
    title: "Connexion à {app}",
    lead: "{app} utilise ce service pour vous connecter sur votre téléviseur. Vous n’avez rien à faire ici.",
    customers: "Pour les clients",
    delete_account: "Supprimer votre compte {app}",
    developers: "Pour les développeurs",
    docs: "Lire comment fonctionne l’API (en anglais)",
    openapi: "La description de l’API au format OpenAPI",
  },
};
