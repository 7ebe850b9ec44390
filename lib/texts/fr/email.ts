/**
 * French: the pages of `/confirm-email`.
 *
 * @module
 */
import type { EmailTexts } from "../en/email.ts";

/** The pages of `/confirm-email`, in French. */
export const EMAIL: EmailTexts = {
  change: {
    title: "Utiliser cette adresse e-mail ?",
    lead: "Le compte {app} de {from} reçoit l’adresse {email}. Tous ses autres appareils sont " +
      "déconnectés.",
    caution: "Confirmez seulement s’il s’agit de votre propre compte : sinon, la personne qui y est " +
      "connectée aurait votre adresse.",
    button: "Utiliser cette adresse",
  },
  verify: {
    title: "Confirmer cette adresse e-mail ?",
    lead: "{email} est l’adresse d’un compte {app}. Confirmez-la si ce compte est le vôtre.",
    button: "Confirmer cette adresse",
  },
  keep: "Pour tout laisser en l’état, fermez cette page.",
  done: {
    title: "Votre adresse e-mail est confirmée",
    changed: "Votre compte {app} a maintenant l’adresse {email}. Tous les autres appareils sont " +
      "déconnectés.",
    verified: "{email} est confirmée comme adresse de votre compte {app}.",
  },
  dead: {
    used: "Vous avez déjà confirmé avec ce lien. Il n’y a plus rien à faire.",
    unknown: "Rien n’a été changé. Un lien est valable une heure. Il prend fin quand un plus récent est " +
      "envoyé, quand un mot de passe est choisi ou quand tout est déconnecté. Demandez-en un " +
      "nouveau dans l’application.",
    taken_title: "Cette adresse est déjà utilisée",
    taken: "Rien n’a été changé : un autre compte a désormais cette adresse.",
  },
};
