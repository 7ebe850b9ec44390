/**
 * Portuguese: words that several pages share, the pages of problems, and the start page.
 *
 * @module
 */
import type { CommonTexts } from "../en/common.ts";

/** Words that several pages share, the pages of problems, and the start page, in Portuguese. */
export const COMMON: CommonTexts = {
  not_yet: "Ainda não: {title}",
  faults_heading: "Ainda não deu certo",
  passwords_emptied: "As senhas estão vazias de novo: digite-as mais uma vez.",
  email_label: "Seu e-mail",
  email_fault: "Digite um endereço de e-mail, como name@example.com",
  close: "Você pode fechar esta página.",
  help: "Ajuda",
  mail_sent: {
    title: "Veja sua caixa de entrada",
    lead: "Se {app} tiver uma conta com {email}, um e-mail com um link está a caminho.",
    points: [
      "O link funciona por uma hora. Um e-mail mais novo anula os links anteriores.",
      "Se nada chegar em alguns minutos, veja na pasta de spam.",
      "Se a sua conta puder ter outro endereço de e-mail, peça de novo com esse endereço.",
    ],
  },
  dead_link: {
    title: "Este link não funciona mais",
    get: "Receba um novo link",
    button: "Enviar um novo link",
    no_mail: "No momento não é possível enviar novos links.",
  },
  again: {
    moment: "Tente de novo daqui a pouco.",
    minute: "Tente de novo em um minuto.",
    minutes: "Tente de novo em {minutes} minutos.",
  },
  back: "Voltar ao formulário",
  foreign_form: {
    title: "Outro site enviou este formulário",
    text: "Nada foi alterado. Se é isso que você quer, envie o formulário pela nossa própria página.",
    open: "Abrir a página",
  },
  problems: {
    other: {
      title: "Algo deu errado",
      text: "A falha é nossa, não sua. Nada foi alterado.",
    },
    not_found: {
      title: "Esta página não existe",
      text: "Confira o endereço ou abra de novo o link do seu e-mail.",
    },
    wrong_way: { title: "Isso não funciona aqui", text: "Use o formulário desta página." },
    wrong_method: { title: "Isso não funciona aqui", text: "Abra de novo o link do seu e-mail." },
    too_large: { title: "Foi demais", text: "O formulário enviado é grande demais." },
    rate_limited: {
      title: "Tentativas demais",
      text: "Nada foi alterado. Um link que você já recebeu continua funcionando.",
    },
    blocked: {
      title: "Esta conta está bloqueada",
      text: "Ninguém pode entrar com ela. Se for um engano, fale com quem oferece o app.",
    },
    unavailable: {
      title: "No momento não é possível",
      text: "Tente de novo daqui a pouco. Pode ser que já tenha dado certo.",
    },
  },
  start: {
    title: "Login de {app}",
    lead: "{app} usa este serviço para fazer o seu login na TV. Você não precisa fazer nada aqui.",
    customers: "Para clientes",
    delete_account: "Excluir sua conta de {app}",
    developers: "Para desenvolvedores",
    docs: "Leia como a API funciona (em inglês)",
    openapi: "A descrição da API em formato OpenAPI",
  },
};
