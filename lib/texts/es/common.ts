/**
 * Spanish: words that several pages share, the pages of problems, and the start page.
 *
 * @module
 */
import type { CommonTexts } from "../en/common.ts";

/** Words that several pages share, the pages of problems, and the start page, in Spanish. */
export const COMMON: CommonTexts = {
  not_yet: "Todavía no: {title}",
  faults_heading: "Todavía no ha funcionado",
  passwords_emptied: "Las contraseñas vuelven a estar vacías: escríbelas otra vez.",
  email_label: "Tu correo electrónico",
  email_fault: "Escribe una dirección de correo electrónico, como name@example.com",
  close: "Puedes cerrar esta página.",
  help: "Ayuda",
  mail_sent: {
    title: "Mira en tu buzón de correo",
    lead: "Si {app} tiene una cuenta con {email}, hemos enviado allí un correo con un enlace.",
    points: [
      "El enlace funciona durante una hora. Un correo más reciente anula los enlaces anteriores.",
      "Si no llega nada en unos minutos, mira en el correo no deseado.",
      "Si tu cuenta puede tener otra dirección de correo, vuelve a pedirlo con esa dirección.",
    ],
  },
  dead_link: {
    title: "Este enlace ya no funciona",
    get: "Consigue un enlace nuevo",
    button: "Enviarme un enlace nuevo",
    no_mail: "Por ahora no se pueden enviar enlaces nuevos.",
  },
  again: {
    moment: "Vuelve a intentarlo en un momento.",
    minute: "Vuelve a intentarlo en un minuto.",
    minutes: "Vuelve a intentarlo en {minutes} minutos.",
  },
  back: "Volver al formulario",
  foreign_form: {
    title: "Este formulario lo ha enviado otro sitio",
    text: "No se ha cambiado nada. Si quieres hacerlo, envía el formulario desde nuestra propia página.",
    open: "Abrir la página",
  },
  problems: {
    other: {
      title: "Algo ha salido mal",
      text: "El fallo es nuestro, no tuyo. No se ha cambiado nada.",
    },
    not_found: {
      title: "Esta página no existe",
      text: "Comprueba la dirección o vuelve a abrir el enlace de tu correo.",
    },
    wrong_way: { title: "Eso no funciona aquí", text: "Usa el formulario de esta página." },
    wrong_method: { title: "Eso no funciona aquí", text: "Vuelve a abrir el enlace de tu correo." },
    too_large: { title: "Era demasiado", text: "El formulario enviado es demasiado grande." },
    rate_limited: {
      title: "Demasiados intentos",
      text: "No se ha cambiado nada. Un enlace que ya tengas sigue funcionando.",
    },
    blocked: {
      title: "Esta cuenta está bloqueada",
      text: "Nadie puede iniciar sesión con ella. Si es un error, pregunta a quienes ofrecen la app.",
    },
    unavailable: {
      title: "Ahora mismo no es posible",
      text: "Vuelve a intentarlo en un momento. Puede que ya haya funcionado.",
    },
  },
  start: {
    title: "Inicio de sesión de {app}",
    lead: "{app} usa este servicio para iniciar tu sesión en la televisión. Aquí no tienes que hacer nada.",
    customers: "Para clientes",
    delete_account: "Eliminar tu cuenta de {app}",
    developers: "Para desarrolladores",
    docs: "Leer cómo funciona la API (en inglés)",
    openapi: "La descripción de la API en formato OpenAPI",
  },
};
