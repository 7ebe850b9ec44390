/**
 * French: the pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionTexts } from "../en/deletion.ts";

/** The pages of `/delete-account`, in French. */
export const DELETION: DeletionTexts = {
  title: "Supprimer votre compte {app}",
  lead:
    "Indiquez l’adresse e-mail de votre compte {app}. Nous vous enverrons un lien, afin que vous seul puissiez " +
    "supprimer le compte.",
  lead_no_mail:
    "Ouvrez {app} sur un appareil connecté et supprimez-y le compte. Cette page ne peut pas le faire pour " +
    "le moment, car aucun e-mail ne peut être envoyé.",
  button: "M’envoyer le lien",
  what: "Ce qui est supprimé",
  data: "Votre adresse e-mail, votre nom, votre code postal et votre mot de passe.",
  devices: "Tous les appareils sont déconnectés et leur liste est supprimée.",
  amazon:
    "L’association avec votre compte Amazon, s’il y en a une. Si vous vous connectez plus tard en un clic, vous " +
    "obtenez un nouveau compte vide.",
  subscription_term: "Mais pas un abonnement dans l’Amazon Appstore :",
  subscription: "il continue, et vous le payez, jusqu’à ce que vous l’arrêtiez dans votre compte Amazon.",
  confirm: {
    title: "Supprimer ce compte ?",
    lead: "Le compte {app} de {email}. Cette action est définitive.",
    box: "Oui, supprimer définitivement mon compte",
    fault: "Cochez la case si vous voulez supprimer le compte",
    button: "Supprimer ce compte",
    keep: "Pour conserver le compte, fermez cette page.",
  },
  done: {
    title: "Votre compte est supprimé",
    lead: "{app} n’a plus aucune donnée de votre compte, et tous les appareils sont déconnectés.",
    mail: "Un dernier e-mail confirme la suppression.",
    subscription:
      "Cela ne met pas fin à un abonnement dans l’Amazon Appstore. Arrêtez-le dans votre compte Amazon.",
  },
  dead_lead:
    "Si vous venez de confirmer avec ce lien, votre compte est supprimé et vous pouvez fermer cette page. " +
    "Sinon, rien n’a été modifié : un lien est valable une heure, et un e-mail plus récent annule les liens " +
    "précédents.",
};
