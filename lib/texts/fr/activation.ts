/**
 * French: the pages of `/activate`.
 *
 * @module
 */
import type { ActivationTexts } from "../en/activation.ts";

/** The pages of `/activate`, in French. */
export const ACTIVATION: ActivationTexts = {
  code: {
    title: "Se connecter sur le téléviseur",
    lead: "Saisissez le code que {app} affiche sur votre téléviseur.",
    label: "Le code affiché sur votre téléviseur",
    hint: "Huit lettres. Les majuscules, les espaces et le tiret ne comptent pas.",
    button: "Continuer",
    empty: "Saisissez le code affiché sur votre téléviseur",
    wrong: "Aucun téléviseur n’affiche ce code en ce moment : comparez chaque lettre, ou demandez un " +
      "nouveau code sur le téléviseur",
  },
  tv: {
    title: "Connecter ce téléviseur ?",
    nameless: "Un téléviseur sans nom",
    code: "Il affiche le code {code}",
    warning: "Ne continuez que si ce téléviseur est devant vous et affiche ce code : il sera connecté à " +
      "votre compte.",
    amazon: "Le client Amazon de ce téléviseur sera aussi associé à votre compte.",
  },
  sign_in: {
    heading: "Vous avez un compte",
    password: "Votre mot de passe",
    button: "Se connecter sur ce téléviseur",
    mail: "M’envoyer plutôt un lien",
    mail_hint: "Le lien convient aussi aux comptes sans mot de passe.",
    no_password: "Saisissez votre mot de passe",
    wrong: "L’adresse e-mail ou le mot de passe est incorrect",
  },
  sign_up: {
    heading: "Vous n’avez pas encore de compte",
    name: "Votre nom (facultatif)",
    postal_code: "Votre code postal (facultatif)",
    button: "Créer un compte et connecter ce téléviseur",
    taken: "Il existe un compte avec cette adresse e-mail : connectez-vous, ou demandez un lien par e-mail",
  },
  deny: {
    heading: "Ce n’est pas votre téléviseur",
    lead: "Quelqu’un vous a peut-être envoyé cette page ou ce code. Ne laissez pas son téléviseur entrer " +
      "dans votre compte.",
    button: "Ne pas connecter ce téléviseur",
  },
  mailed: {
    lead: "Ce téléviseur sera connecté au compte {app} de {email}.",
    button: "Oui, connecter ce téléviseur",
    claim: "Je n’ai pas créé ce compte",
    claim_hint:
      "Cochez cette case si quelqu’un d’autre l’a créé avec votre adresse e-mail : tous les autres " +
      "appareils sont déconnectés, et le mot de passe et le lien avec Amazon sont supprimés.",
  },
  mail_sent: "Le lien fonctionne tant que votre téléviseur affiche le code.",
  approved: {
    title: "Regardez votre téléviseur",
    lead: "{tv} se connecte au compte de {email}. Cela prend quelques secondes.",
    created: "Votre compte est créé.",
    mistake: "Si rien ne change sur votre téléviseur, vous avez peut-être connecté celui d’un inconnu. " +
      "Choisissez alors un nouveau mot de passe : tous les appareils seront déconnectés.",
  },
  taken: {
    title: "Ce code a déjà été utilisé",
    lead: "Quelqu’un a déjà connecté ce téléviseur. Rien n’a été modifié.",
    again: "Si votre téléviseur n’est pas connecté, demandez-y un nouveau code.",
  },
  denied: {
    title: "Ce téléviseur n’est pas connecté",
    lead: "Il a été refusé, et son code ne fonctionne plus.",
    again: "Pour connecter tout de même votre propre téléviseur, demandez-y un nouveau code.",
  },
  ended: {
    title: "Ce code a expiré",
    lead: "Un code est valable 15 minutes, et pour quelques mots de passe incorrects seulement. Rien n’a " +
      "été modifié.",
    again: "Demandez un nouveau code sur votre téléviseur et saisissez-le ici.",
  },
  unknown: {
    title: "Aucun téléviseur n’attend ici",
    lead: "Cette page correspond à un code expiré depuis longtemps.",
    again: "Demandez un code sur votre téléviseur et saisissez-le ici.",
  },
};
