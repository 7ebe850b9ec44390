/**
 * Portuguese: the mails.
 *
 * @module
 */
import type { MailTexts } from "../en/mails.ts";

/** The mails, in Portuguese. */
export const MAILS: MailTexts = {
  address: "Se o botão não funcionar, abra este endereço:",
  help: "Precisa de ajuda?",
  kinds: {
    password_nudge: {
      subject: "Escolha uma senha para {app}",
      before: [
        "Você entrou em {app} na sua TV com a Amazon e por isso não precisou de senha.",
        "Escolha uma agora e você também poderá entrar com este e-mail onde a Amazon não estiver disponível.",
      ],
      action: "Escolher uma senha",
      after: [
        "O link é válido por 7 dias e funciona uma só vez. Depois, sua TV pode pedir que você entre de novo.",
        "Se você não quiser uma senha, não precisa fazer nada: não vamos perguntar de novo.",
      ],
    },
    password_reset: {
      subject: "Escolha uma nova senha para {app}",
      before: [
        "Alguém pediu uma nova senha para {app} com este e-mail. Se foi você, continue aqui.",
      ],
      action: "Escolher uma nova senha",
      after: [
        "O link é válido por 1 hora e funciona uma só vez.",
        "Se não foi você, não precisa fazer nada: sua senha continua a mesma.",
      ],
    },
    account_deletion: {
      subject: "Excluir sua conta de {app}",
      before: [
        "Alguém pediu para excluir a conta de {app} com este e-mail. Se foi você, continue aqui: primeiro você verá o " +
        "que será excluído.",
      ],
      action: "Ver o que é excluído",
      after: [
        "O link é válido por 1 hora.",
        "Se não foi você, não precisa fazer nada: nada é excluído sem a sua confirmação.",
      ],
    },
    activation: {
      subject: "Entrar em {app} na sua TV",
      before: [
        "Alguém quer entrar em {app} em uma TV com este e-mail. Essa TV mostra o código {code}.",
        "Continue somente se você vir este código em uma TV na sua frente. Com o código de outra " +
        "pessoa, a TV dela entra na sua conta.",
      ],
      action: "Ver esta TV",
      after: [
        "O link funciona enquanto a TV mostrar o código, no máximo 15 minutos.",
        "Se não foi você, não precisa fazer nada: nenhuma TV entra sem o seu sim.",
      ],
    },
    email_change: {
      subject: "Confirme o seu novo endereço de e-mail para {app}",
      before: [
        "Alguém conectado a {app} quer usar este endereço de e-mail para a própria conta. Se foi você, " +
        "continue aqui.",
      ],
      action: "Ver esta alteração",
      after: [
        "O link vale 1 hora e funciona uma vez. Depois, os seus outros dispositivos são desconectados.",
        "Se não foi você, não é preciso fazer nada: nada muda sem a sua confirmação.",
      ],
    },
    email_change_notice: {
      subject: "O seu endereço de e-mail para {app} vai mudar",
      before: [
        "Alguém que conhece a sua senha quer outro endereço de e-mail para a sua conta {app}. Ele muda " +
        "quando for aberto o link que enviamos para esse endereço.",
      ],
      action: null,
      after: [
        "Se foi você, não há nada a fazer aqui.",
        "Se não foi você, escolha agora uma nova senha em {app}: assim esse link deixa de funcionar e " +
        "todos os outros dispositivos são desconectados.",
      ],
    },
    email_verification: {
      subject: "Confirme o seu endereço de e-mail para {app}",
      before: [
        "Alguém conectado a {app} pediu para confirmar este endereço de e-mail. Se foi você, continue " +
        "aqui.",
      ],
      action: "Confirmar este endereço",
      after: [
        "O link vale 1 hora e funciona uma vez.",
        "Se não foi você, não é preciso fazer nada: nada muda sem a sua confirmação.",
      ],
    },
    password_changed: {
      subject: "Sua conta de {app} tem uma nova senha",
      before: [
        "A senha da sua conta de {app} foi alterada.",
        "Se foi você, não precisa fazer nada.",
      ],
      action: null,
      after: [
        "Se não foi você, peça uma nova senha no aplicativo: o link chega neste endereço. Ele desconecta todos os dispositivos.",
      ],
    },
    amazon_linked: {
      subject: "A Amazon está vinculada à sua conta de {app}",
      before: [
        "A Amazon foi vinculada à sua conta de {app}. A partir de agora, um clique na Amazon Appstore entra nela.",
        "Se foi você, não precisa fazer nada.",
      ],
      action: null,
      after: [
        "Se não foi você, peça uma nova senha no aplicativo: o link chega neste endereço. Na página dele você pode desvincular a Amazon.",
      ],
    },
    amazon_unlinked: {
      subject: "A Amazon não está mais vinculada à sua conta de {app}",
      before: [
        "A Amazon foi desvinculada da sua conta de {app}. Um clique na Amazon Appstore não entra mais nela; este e-mail e a sua senha, sim.",
        "Se foi você, não precisa fazer nada.",
      ],
      action: null,
      after: [
        "Se não foi você, peça uma nova senha no aplicativo: o link chega neste endereço. Ele desconecta todos os dispositivos.",
      ],
    },
    account_deleted: {
      subject: "Sua conta de {app} foi excluída",
      before: [
        "Sua conta de {app} foi excluída, com tudo o que estava guardado nela. Todos os dispositivos foram " +
        "desconectados.",
        "Este é o último e-mail sobre ela. Isso não encerra uma assinatura na Amazon Appstore: você a encontra na sua " +
        "conta da Amazon.",
      ],
      action: null,
      after: [],
    },
  },
};
