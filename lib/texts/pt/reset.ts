/**
 * Portuguese: the pages of `/reset/{token}`.
 *
 * @module
 */
import type { ResetTexts } from "../en/reset.ts";

/** The pages of `/reset/{token}`, in Portuguese. */
export const RESET: ResetTexts = {
  title_first: "Escolha uma senha",
  title: "Escolha uma nova senha",
  lead_first: "Para {email} em {app}. Seus dispositivos continuam conectados.",
  lead:
    "Para {email} em {app}. Ao salvar, todos os dispositivos são desconectados, para que ninguém continue " +
    "conectado sem a nova senha.",
  new_password: "Nova senha",
  hint:
    "Pelo menos {least} caracteres. Algumas palavras em sequência formam uma boa senha, fácil de digitar na TV.",
  repeat: "A mesma de novo",
  show: "Mostrar o que digito",
  save: "Salvar esta senha",
  unlink_first: "Sair de todos os dispositivos e desvincular a Amazon",
  unlink_first_hint:
    "Marque se você não conhece algum dispositivo da lista ou se não foi você que criou esta conta.",
  unlink: "Desvincular a Amazon",
  unlink_hint: "Marque se não foi você que vinculou a Amazon. Um clique não vai mais entrar nesta conta.",
  unlink_doubtful_hint:
    "Está marcado porque a Amazon foi vinculada antes de alguém comprovar que este e-mail é seu. Desmarque somente se " +
    "foi você que vinculou a Amazon.",
  faults: {
    empty: "Digite a senha que você escolheu",
    differ: "As duas senhas são diferentes: digite a mesma de novo",
    control_characters: "A senha não pode ter caracteres de controle",
    too_short: "A senha precisa ter pelo menos {least} caracteres",
    too_long: "A senha pode ter no máximo {most} caracteres",
    sequence: "A senha não pode ser um só caractere repetido nem uma sequência simples",
    context: "A senha não pode ser formada pelo e-mail ou pelo nome do aplicativo",
    common: "A senha não pode ser uma das que muita gente usa",
  },
  devices: {
    heading: "Conectados agora",
    none: "Nenhum dispositivo está conectado",
    more: "E outros dispositivos que entraram antes.",
    nameless: "Um dispositivo sem nome",
    since: "Desde {since}",
    since_and_last: "Desde {since}, usado pela última vez em {last}",
  },
  amazon: {
    heading: "Amazon",
    linked: "Vinculada: um clique na Appstore entra nesta conta.",
    not_linked: "Não vinculada: um clique na Appstore não entra nesta conta.",
  },
  done: {
    title: "Sua senha foi salva",
    lead_stay: "Seus dispositivos continuam conectados. Você não precisa fazer nada na TV.",
    lead_out: "Todos os dispositivos foram desconectados, inclusive a sua TV.",
    stay: "Em um dispositivo sem Amazon, entre com o seu e-mail e esta senha.",
    out: "Abra {app} na sua TV e entre com o seu e-mail e a nova senha.",
    linked: "A Amazon continua vinculada: um clique na Appstore entra nesta conta.",
    not_linked:
      "A Amazon não está vinculada. Para usar um clique, entre uma vez com o seu e-mail e a sua senha quando " +
      "o aplicativo pedir.",
  },
  used: {
    title: "Este link já foi usado",
    lead:
      "Um link funciona uma só vez. Se foi você agora há pouco, sua senha está salva e você pode fechar esta página.",
    get: "Não foi você? Receba um novo link",
  },
  dead_lead:
    "Um link funciona uma só vez e por tempo limitado, e um e-mail mais novo anula os links anteriores. Nada " +
    "foi alterado.",
};
