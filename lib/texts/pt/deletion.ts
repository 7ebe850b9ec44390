/**
 * Portuguese: the pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionTexts } from "../en/deletion.ts";

/** The pages of `/delete-account`, in Portuguese. */
export const DELETION: DeletionTexts = {
  title: "Excluir sua conta de {app}",
  lead:
    "Informe o endereço de e-mail da sua conta de {app}. Vamos enviar um link, para que só você possa excluir a " +
    "conta.",
  lead_no_mail:
    "Abra {app} em um dispositivo conectado e exclua a conta por lá. No momento esta página não consegue " +
    "fazer isso, porque não é possível enviar e-mails.",
  button: "Enviar o link",
  what: "O que é excluído",
  data: "Seu e-mail, nome, CEP e senha.",
  devices: "Todos os dispositivos são desconectados, e a lista deles é excluída.",
  amazon:
    "O vínculo com a sua conta da Amazon, se houver. Se você entrar com um clique mais tarde, terá uma conta nova " +
    "e vazia.",
  subscription_term: "Não é excluída uma assinatura na Amazon Appstore:",
  subscription: "ela continua, e você paga por ela, até cancelá-la na sua conta da Amazon.",
  confirm: {
    title: "Excluir esta conta?",
    lead: "A conta de {app} de {email}. Isso não pode ser desfeito.",
    box: "Sim, excluir minha conta para sempre",
    fault: "Marque a caixa se quiser excluir a conta",
    button: "Excluir esta conta",
    keep: "Para manter a conta, feche esta página.",
  },
  done: {
    title: "Sua conta foi excluída",
    lead: "{app} não tem mais nenhum dado da sua conta, e todos os dispositivos foram desconectados.",
    mail: "Um último e-mail confirma a exclusão.",
    subscription: "Isso não encerra uma assinatura na Amazon Appstore. Cancele-a na sua conta da Amazon.",
  },
  dead_lead:
    "Se você acabou de confirmar com ele, sua conta foi excluída e você pode fechar esta página. Caso " +
    "contrário, nada foi alterado: um link funciona por uma hora, e um e-mail mais novo anula os links anteriores.",
};
