/**
 * Portuguese: the pages of `/activate`.
 *
 * @module
 */
import type { ActivationTexts } from "../en/activation.ts";

/** The pages of `/activate`, in Portuguese. */
export const ACTIVATION: ActivationTexts = {
  code: {
    title: "Entrar na TV",
    lead: "Digite o código que {app} mostra na sua TV.",
    label: "O código na sua TV",
    hint: "Oito letras. Maiúsculas, espaços e o hífen não importam.",
    button: "Continuar",
    empty: "Digite o código que a sua TV mostra",
    wrong: "Nenhuma TV mostra este código agora: compare cada letra ou peça um novo código na TV",
  },
  tv: {
    title: "Entrar nesta TV?",
    nameless: "Uma TV sem nome",
    code: "Ela mostra o código {code}",
    warning: "Continue somente se esta TV estiver na sua frente e mostrar este código: ela terá acesso à " +
      "sua conta.",
    amazon: "Isso também vincula o cliente Amazon desta TV à sua conta.",
  },
  sign_in: {
    heading: "Você já tem uma conta",
    password: "Sua senha",
    button: "Entrar nesta TV",
    mail: "Enviar um link por e-mail",
    mail_hint: "O link serve também para contas sem senha.",
    no_password: "Digite a sua senha",
    wrong: "O e-mail ou a senha está errado",
  },
  sign_up: {
    heading: "Você ainda não tem uma conta",
    name: "Seu nome (opcional)",
    postal_code: "Seu CEP (opcional)",
    button: "Criar uma conta e entrar nesta TV",
    taken: "Já existe uma conta com este e-mail: entre nela ou peça um link por e-mail",
  },
  deny: {
    heading: "Esta não é a sua TV",
    lead: "Talvez alguém tenha enviado a você esta página ou o código. Não deixe a TV dessa pessoa " +
      "entrar na sua conta.",
    button: "Não entrar nesta TV",
  },
  mailed: {
    lead: "Esta TV vai entrar na conta {app} de {email}.",
    button: "Sim, entrar nesta TV",
    claim: "Não fui eu que criei esta conta",
    claim_hint: "Marque se outra pessoa criou a conta com o seu e-mail: todos os outros aparelhos são " +
      "desconectados, e a senha e o vínculo com a Amazon são removidos.",
  },
  mail_sent: "O link funciona enquanto a sua TV mostrar o código.",
  approved: {
    title: "Olhe para a sua TV",
    lead: "{tv} está entrando na conta de {email}. Isso leva alguns segundos.",
    created: "Sua conta está pronta.",
    mistake: "Se nada mudar na sua TV, talvez você tenha deixado entrar a TV de um estranho. Então escolha " +
      "uma nova senha: isso desconecta todos os aparelhos.",
  },
  taken: {
    title: "Este código já foi usado",
    lead: "Alguém já entrou nesta TV. Nada foi alterado.",
    again: "Se a sua TV não estiver conectada, peça um novo código nela.",
  },
  denied: {
    title: "Esta TV não vai entrar",
    lead: "Ela foi recusada, e o código dela não funciona mais.",
    again: "Se quiser entrar na sua própria TV, peça um novo código nela.",
  },
  ended: {
    title: "Este código expirou",
    lead: "Um código vale 15 minutos e só para poucas senhas erradas. Nada foi alterado.",
    again: "Peça um novo código na sua TV e digite aqui.",
  },
  unknown: {
    title: "Nenhuma TV está esperando aqui",
    lead: "Esta página é de um código que expirou há muito tempo.",
    again: "Peça um código na sua TV e digite aqui.",
  },
};
