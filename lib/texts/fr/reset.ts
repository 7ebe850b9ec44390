/**
 * French: the pages of `/reset/{token}`.
 *
 * @module
 */
import type { ResetTexts } from "../en/reset.ts";

/** The pages of `/reset/{token}`, in French. */
export const RESET: ResetTexts = {
  title_first: "Choisissez un mot de passe",
  title: "Choisissez un nouveau mot de passe",
  lead_first: "Pour {email} sur {app}. Vos appareils restent connectés.",
  lead:
    "Pour {email} sur {app}. Tous les appareils sont déconnectés à l’enregistrement, afin que personne ne reste " +
    "connecté sans le nouveau mot de passe.",
  new_password: "Nouveau mot de passe",
  hint:
    "Au moins {least} caractères. Quelques mots à la suite font un bon mot de passe, facile à saisir sur un " +
    "téléviseur.",
  repeat: "Encore une fois le même",
  show: "Afficher ce que je saisis",
  save: "Enregistrer ce mot de passe",
  unlink_first: "Déconnecter tous les appareils et dissocier Amazon",
  unlink_first_hint:
    "Cochez cette case si vous ne connaissez pas l’un des appareils de la liste, ou si vous n’avez pas créé ce compte " +
    "vous-même.",
  unlink: "Dissocier Amazon",
  unlink_hint:
    "Cochez cette case si vous n’avez pas associé Amazon vous-même. La connexion en un clic n’ouvrira plus ce compte.",
  unlink_doubtful_hint:
    "Cette case est cochée parce qu’Amazon a été associé avant que quelqu’un ait prouvé que cette adresse e-mail est " +
    "la sienne. Décochez-la uniquement si vous avez associé Amazon vous-même.",
  faults: {
    empty: "Saisissez le mot de passe que vous choisissez",
    differ: "Les deux mots de passe sont différents : saisissez à nouveau le même",
    control_characters: "Le mot de passe ne doit pas contenir de caractères de contrôle",
    too_short: "Le mot de passe doit comporter au moins {least} caractères",
    too_long: "Le mot de passe doit comporter au plus {most} caractères",
    sequence: "Le mot de passe ne doit pas être un seul caractère répété ni une simple suite",
    context: "Le mot de passe ne doit pas être formé de l’adresse e-mail ou du nom de l’application",
    common: "Le mot de passe ne doit pas être un mot de passe très répandu",
  },
  devices: {
    heading: "Connectés actuellement",
    none: "Aucun appareil n’est connecté",
    more: "Et d’autres appareils connectés auparavant.",
    nameless: "Un appareil sans nom",
    since: "Depuis le {since}",
    since_and_last: "Depuis le {since}, dernière utilisation le {last}",
  },
  amazon: {
    heading: "Amazon",
    linked: "Associé : un clic dans l’Appstore connecte à ce compte.",
    not_linked: "Non associé : un clic dans l’Appstore ne connecte pas à ce compte.",
  },
  done: {
    title: "Votre mot de passe est enregistré",
    lead_stay: "Vos appareils restent connectés. Vous n’avez rien à faire sur votre téléviseur.",
    lead_out: "Tous les appareils sont déconnectés, y compris votre téléviseur.",
    stay: "Sur un appareil sans Amazon, connectez-vous avec votre adresse e-mail et ce mot de passe.",
    out:
      "Ouvrez {app} sur votre téléviseur et connectez-vous avec votre adresse e-mail et le nouveau mot de passe.",
    linked: "Amazon est toujours associé : un clic dans l’Appstore connecte à ce compte.",
    not_linked:
      "Amazon n’est pas associé. Pour utiliser la connexion en un clic, connectez-vous une fois avec votre " +
      "adresse e-mail et votre mot de passe lorsque l’application les demande.",
  },
  used: {
    title: "Ce lien a déjà été utilisé",
    lead:
      "Un lien ne fonctionne qu’une fois. Si c’était vous à l’instant, votre mot de passe est enregistré et vous " +
      "pouvez fermer cette page.",
    get: "Ce n’était pas vous ? Recevez un nouveau lien",
  },
  dead_lead:
    "Un lien ne fonctionne qu’une fois et pour une durée limitée, et un e-mail plus récent annule les liens " +
    "précédents. Rien n’a été modifié.",
};
