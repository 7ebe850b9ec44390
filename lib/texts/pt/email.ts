/**
 * Portuguese: the pages of `/confirm-email`.
 *
 * @module
 */
import type { EmailTexts } from "../en/email.ts";

/** The pages of `/confirm-email`, in Portuguese. */
export const EMAIL: EmailTexts = {
  change: {
    title: "Usar este endereço de e-mail?",
    lead: "A conta {app} de {from} recebe o endereço {email}. Todos os outros dispositivos são " +
      "desconectados.",
    caution: "Confirme só se esta for a sua própria conta: caso contrário, quem está conectado a ela " +
      "teria o seu endereço.",
    button: "Usar este endereço",
  },
  verify: {
    title: "Confirmar este endereço de e-mail?",
    lead: "{email} é o endereço de uma conta {app}. Confirme se a conta for sua.",
    button: "Confirmar este endereço",
  },
  keep: "Para deixar tudo como está, feche esta página.",
  done: {
    title: "O seu endereço de e-mail está confirmado",
    changed: "A sua conta {app} tem agora o endereço {email}. Todos os outros dispositivos foram " +
      "desconectados.",
    verified: "{email} está confirmado como endereço da sua conta {app}.",
  },
  dead: {
    used: "Você já confirmou com este link. Não há mais nada a fazer.",
    unknown: "Nada foi alterado. Um link vale uma hora. Ele termina quando um mais novo é enviado, uma " +
      "senha é escolhida ou tudo é desconectado. Peça um novo no aplicativo.",
    taken_title: "Este endereço já está em uso",
    taken: "Nada foi alterado: outra conta já tem este endereço.",
  },
};
