/**
 * Spanish: the pages of `/activate`.
 *
 * @module
 */
import type { ActivationTexts } from "../en/activation.ts";

/** The pages of `/activate`, in Spanish. */
export const ACTIVATION: ActivationTexts = {
  code: {
    title: "Iniciar sesión en la televisión",
    lead: "Escribe el código que {app} muestra en tu televisión.",
    label: "El código de tu televisión",
    hint: "Ocho letras. No importan las mayúsculas, los espacios ni el guion.",
    button: "Continuar",
    empty: "Escribe el código que muestra tu televisión",
    wrong: "Ninguna televisión muestra ahora este código: compara cada letra o pide un código nuevo en la " +
      "televisión",
  },
  tv: {
    title: "¿Iniciar sesión en esta televisión?",
    nameless: "Una televisión sin nombre",
    code: "Muestra el código {code}",
    warning:
      "Continúa solo si esta televisión está delante de ti y muestra este código: tendrá acceso a tu " +
      "cuenta.",
    amazon: "Con esto también se vincula el cliente de Amazon de esta televisión a tu cuenta.",
  },
  sign_in: {
    heading: "Ya tienes una cuenta",
    password: "Tu contraseña",
    button: "Iniciar sesión en esta televisión",
    mail: "Enviarme mejor un enlace",
    mail_hint: "El enlace sirve también para cuentas sin contraseña.",
    no_password: "Escribe tu contraseña",
    wrong: "El correo o la contraseña no es correcto",
  },
  sign_up: {
    heading: "Todavía no tienes cuenta",
    name: "Tu nombre (opcional)",
    postal_code: "Tu código postal (opcional)",
    button: "Crear una cuenta e iniciar sesión en esta televisión",
    taken: "Ya hay una cuenta con este correo: inicia sesión o pide un enlace por correo",
  },
  deny: {
    heading: "Esta no es tu televisión",
    lead:
      "Quizá alguien te ha enviado esta página o el código. No dejes que su televisión entre en tu cuenta.",
    button: "No iniciar sesión en esta televisión",
  },
  mailed: {
    lead: "Esta televisión iniciará sesión en la cuenta de {app} de {email}.",
    button: "Sí, iniciar sesión en esta televisión",
    claim: "Yo no he creado esta cuenta",
    claim_hint:
      "Marca esta casilla si otra persona la creó con tu correo: se cierra la sesión en los demás " +
      "dispositivos y se eliminan la contraseña y el vínculo con Amazon.",
  },
  mail_sent: "El enlace funciona mientras tu televisión muestre el código.",
  approved: {
    title: "Mira tu televisión",
    lead: "{tv} está iniciando sesión en la cuenta de {email}. Tarda unos segundos.",
    created: "Tu cuenta está lista.",
    mistake: "Si tu televisión no cambia, quizá hayas dado acceso a la de un extraño. Entonces elige una " +
      "contraseña nueva: eso cierra la sesión en todos los dispositivos.",
  },
  taken: {
    title: "Este código ya se ha usado",
    lead: "Alguien ya ha iniciado sesión en esta televisión. No se ha cambiado nada.",
    again: "Si tu televisión no tiene la sesión iniciada, pide allí un código nuevo.",
  },
  denied: {
    title: "Esta televisión no inicia sesión",
    lead: "Se ha rechazado y su código ya no funciona.",
    again: "Si quieres usar tu propia televisión, pide allí un código nuevo.",
  },
  ended: {
    title: "Este código ha caducado",
    lead: "Un código vale 15 minutos y solo para unas pocas contraseñas incorrectas. No se ha cambiado " +
      "nada.",
    again: "Pide un código nuevo en tu televisión y escríbelo aquí.",
  },
  unknown: {
    title: "Aquí no espera ninguna televisión",
    lead: "Esta página es de un código que caducó hace tiempo.",
    again: "Pide un código en tu televisión y escríbelo aquí.",
  },
};
