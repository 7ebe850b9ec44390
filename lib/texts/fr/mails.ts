/**
 * French: the mails.
 *
 * @module
 */
import type { MailTexts } from "../en/mails.ts";

/** The mails, in French. */
export const MAILS: MailTexts = {
  address: "Si le bouton ne fonctionne pas, ouvrez cette adresse :",
  help: "Besoin d’aide ?",
  kinds: {
    password_nudge: {
      subject: "Choisissez un mot de passe pour {app}",
      before: [
        "Vous vous êtes connecté à {app} sur votre téléviseur avec Amazon, donc sans mot de passe.",
        "Choisissez-en un maintenant, et vous pourrez aussi vous connecter avec cette adresse e-mail là où Amazon " +
        "n’est pas disponible.",
      ],
      action: "Choisir un mot de passe",
      after: [
        "Le lien est valable 7 jours et fonctionne une seule fois. Ensuite, votre téléviseur peut vous demander de vous reconnecter.",
        "Si vous ne voulez pas de mot de passe, vous n’avez rien à faire : nous ne vous le demanderons plus.",
      ],
    },
    password_reset: {
      subject: "Choisissez un nouveau mot de passe pour {app}",
      before: [
        "Quelqu’un a demandé un nouveau mot de passe pour {app} avec cette adresse e-mail. Si c’était vous, continuez " +
        "ici.",
      ],
      action: "Choisir un nouveau mot de passe",
      after: [
        "Le lien est valable 1 heure et fonctionne une seule fois.",
        "Si ce n’était pas vous, vous n’avez rien à faire : votre mot de passe reste inchangé.",
      ],
    },
    account_deletion: {
      subject: "Supprimer votre compte {app}",
      before: [
        "Quelqu’un a demandé la suppression du compte {app} avec cette adresse e-mail. Si c’était vous, continuez ici : " +
        "vous verrez d’abord ce qui sera supprimé.",
      ],
      action: "Voir ce qui est supprimé",
      after: [
        "Le lien est valable 1 heure.",
        "Si ce n’était pas vous, vous n’avez rien à faire : rien n’est supprimé sans votre confirmation.",
      ],
    },
    activation: {
      subject: "Se connecter à {app} sur votre téléviseur",
      before: [
        "Quelqu’un veut se connecter à {app} sur un téléviseur avec cette adresse e-mail. Ce " +
        "téléviseur affiche le code {code}.",
        "Ne continuez que si vous voyez ce code sur un téléviseur devant vous. Avec le code d’un " +
        "autre, c’est son téléviseur qui entre dans votre compte.",
      ],
      action: "Voir ce téléviseur",
      after: [
        "Le lien fonctionne tant que le téléviseur affiche le code, 15 minutes au plus.",
        "Si ce n’était pas vous, vous n’avez rien à faire : aucun téléviseur n’est connecté sans " +
        "votre accord.",
      ],
    },
    email_change: {
      subject: "Confirmez votre nouvelle adresse e-mail pour {app}",
      before: [
        "Une personne connectée à {app} veut utiliser cette adresse e-mail pour son compte. Si c’était " +
        "vous, continuez ici.",
      ],
      action: "Voir ce changement",
      after: [
        "Le lien est valable 1 heure et fonctionne une fois. Ensuite, vos autres appareils sont " +
        "déconnectés.",
        "Si ce n’était pas vous, il n’y a rien à faire : rien ne change sans votre confirmation.",
      ],
    },
    email_change_notice: {
      subject: "Votre adresse e-mail pour {app} va changer",
      before: [
        "Une personne qui connaît votre mot de passe veut une autre adresse e-mail pour votre compte " +
        "{app}. L’adresse change dès que le lien que nous y avons envoyé est ouvert.",
      ],
      action: null,
      after: [
        "Si c’était vous, il n’y a rien à faire ici.",
        "Si ce n’était pas vous, choisissez maintenant un nouveau mot de passe dans {app} : ce lien ne " +
        "fonctionnera plus et tous les autres appareils seront déconnectés.",
      ],
    },
    email_verification: {
      subject: "Confirmez votre adresse e-mail pour {app}",
      before: [
        "Une personne connectée à {app} nous a demandé de confirmer cette adresse e-mail. Si c’était " +
        "vous, continuez ici.",
      ],
      action: "Confirmer cette adresse",
      after: [
        "Le lien est valable 1 heure et fonctionne une fois.",
        "Si ce n’était pas vous, il n’y a rien à faire : rien ne change sans votre confirmation.",
      ],
    },
    password_changed: {
      subject: "Votre compte {app} a un nouveau mot de passe",
      before: [
        "Le mot de passe de votre compte {app} a été modifié.",
        "Si c’était vous, vous n’avez rien à faire.",
      ],
      action: null,
      after: [
        "Si ce n’était pas vous, demandez un nouveau mot de passe dans l’application : le lien arrive à cette adresse. Il déconnecte tous les appareils.",
      ],
    },
    amazon_linked: {
      subject: "Amazon est associé à votre compte {app}",
      before: [
        "Amazon a été associé à votre compte {app}. Désormais, un clic dans l’Amazon Appstore y connecte.",
        "Si c’était vous, vous n’avez rien à faire.",
      ],
      action: null,
      after: [
        "Si ce n’était pas vous, demandez un nouveau mot de passe dans l’application : le lien arrive à cette adresse. Sa page permet de dissocier Amazon.",
      ],
    },
    amazon_unlinked: {
      subject: "Amazon n’est plus associé à votre compte {app}",
      before: [
        "Amazon a été dissocié de votre compte {app}. Un clic dans l’Amazon Appstore n’y connecte plus ; cette adresse e-mail et votre mot de passe y connectent.",
        "Si c’était vous, vous n’avez rien à faire.",
      ],
      action: null,
      after: [
        "Si ce n’était pas vous, demandez un nouveau mot de passe dans l’application : le lien arrive à cette adresse. Il déconnecte tous les appareils.",
      ],
    },
    account_deleted: {
      subject: "Votre compte {app} est supprimé",
      before: [
        "Votre compte {app} est supprimé, avec tout ce qui y était enregistré. Tous les appareils sont déconnectés.",
        "C’est le dernier e-mail à ce sujet. Cela ne met pas fin à un abonnement dans l’Amazon Appstore : vous le " +
        "trouverez dans votre compte Amazon.",
      ],
      action: null,
      after: [],
    },
  },
};
