/**
 * Spanish: the mails.
 *
 * @module
 */
import type { MailTexts } from "../en/mails.ts";

/** The mails, in Spanish. */
export const MAILS: MailTexts = {
  address: "Si el botón no funciona, abre esta dirección:",
  help: "¿Necesitas ayuda?",
  kinds: {
    password_nudge: {
      subject: "Elige una contraseña para {app}",
      before: [
        "Iniciaste sesión en {app} en tu televisión con Amazon, así que no necesitaste contraseña.",
        "Elige una ahora y también podrás iniciar sesión con esta dirección de correo donde Amazon no esté disponible.",
      ],
      action: "Elegir una contraseña",
      after: [
        "El enlace es válido durante 7 días y funciona una sola vez. Después, es posible que tu televisión te pida que inicies sesión de nuevo.",
        "Si no quieres una contraseña, no tienes que hacer nada: no volveremos a preguntar.",
      ],
    },
    password_reset: {
      subject: "Elige una contraseña nueva para {app}",
      before: [
        "Alguien ha pedido una contraseña nueva para {app} con esta dirección de correo. Si has sido tú, continúa aquí.",
      ],
      action: "Elegir una contraseña nueva",
      after: [
        "El enlace es válido durante 1 hora y funciona una sola vez.",
        "Si no has sido tú, no tienes que hacer nada: tu contraseña sigue igual.",
      ],
    },
    account_deletion: {
      subject: "Eliminar tu cuenta de {app}",
      before: [
        "Alguien ha pedido eliminar la cuenta de {app} con esta dirección de correo. Si has sido tú, continúa aquí: " +
        "primero verás qué se va a eliminar.",
      ],
      action: "Ver qué se elimina",
      after: [
        "El enlace es válido durante 1 hora.",
        "Si no has sido tú, no tienes que hacer nada: no se elimina nada sin tu confirmación.",
      ],
    },
    activation: {
      subject: "Iniciar sesión en {app} en tu televisión",
      before: [
        "Alguien quiere iniciar sesión en {app} en una televisión con esta dirección de correo. Esa " +
        "televisión muestra el código {code}.",
        "Continúa solo si ves este código en una televisión delante de ti. Con el código de otra " +
        "persona, su televisión entra en tu cuenta.",
      ],
      action: "Ver esta televisión",
      after: [
        "El enlace funciona mientras la televisión muestre el código, 15 minutos como máximo.",
        "Si no has sido tú, no tienes que hacer nada: ninguna televisión inicia sesión sin tu permiso.",
      ],
    },
    email_change: {
      subject: "Confirma tu nueva dirección de correo para {app}",
      before: [
        "Alguien con la sesión abierta en {app} quiere usar esta dirección de correo para su cuenta. Si " +
        "has sido tú, continúa aquí.",
      ],
      action: "Ver este cambio",
      after: [
        "El enlace vale 1 hora y funciona una vez. Después se cierra la sesión en tus demás dispositivos.",
        "Si no has sido tú, no hace falta hacer nada: nada cambia sin tu confirmación.",
      ],
    },
    email_change_notice: {
      subject: "Tu dirección de correo para {app} va a cambiar",
      before: [
        "Alguien que conoce tu contraseña quiere otra dirección de correo para tu cuenta de {app}. " +
        "Cambia en cuanto se abra el enlace que hemos enviado a esa dirección.",
      ],
      action: null,
      after: [
        "Si has sido tú, aquí no hay nada que hacer.",
        "Si no has sido tú, elige ahora una contraseña nueva en {app}: entonces ese enlace deja de " +
        "funcionar y se cierra la sesión en todos los demás dispositivos.",
      ],
    },
    email_verification: {
      subject: "Confirma tu dirección de correo para {app}",
      before: [
        "Alguien con la sesión abierta en {app} nos ha pedido confirmar esta dirección de correo. Si has " +
        "sido tú, continúa aquí.",
      ],
      action: "Confirmar esta dirección",
      after: [
        "El enlace vale 1 hora y funciona una vez.",
        "Si no has sido tú, no hace falta hacer nada: nada cambia sin tu confirmación.",
      ],
    },
    password_changed: {
      subject: "Tu cuenta de {app} tiene una contraseña nueva",
      before: [
        "Se ha cambiado la contraseña de tu cuenta de {app}.",
        "Si has sido tú, no tienes que hacer nada.",
      ],
      action: null,
      after: [
        "Si no has sido tú, pide una contraseña nueva en la aplicación: el enlace llega a esta dirección. Cierra la sesión en todos los dispositivos.",
      ],
    },
    amazon_linked: {
      subject: "Amazon está vinculado a tu cuenta de {app}",
      before: [
        "Se ha vinculado Amazon a tu cuenta de {app}. A partir de ahora, un clic en la Amazon Appstore inicia sesión en ella.",
        "Si has sido tú, no tienes que hacer nada.",
      ],
      action: null,
      after: [
        "Si no has sido tú, pide una contraseña nueva en la aplicación: el enlace llega a esta dirección. En su página puedes desvincular Amazon.",
      ],
    },
    amazon_unlinked: {
      subject: "Amazon ya no está vinculado a tu cuenta de {app}",
      before: [
        "Se ha desvinculado Amazon de tu cuenta de {app}. Un clic en la Amazon Appstore ya no inicia sesión en ella; este correo y tu contraseña sí.",
        "Si has sido tú, no tienes que hacer nada.",
      ],
      action: null,
      after: [
        "Si no has sido tú, pide una contraseña nueva en la aplicación: el enlace llega a esta dirección. Cierra la sesión en todos los dispositivos.",
      ],
    },
    account_deleted: {
      subject: "Tu cuenta de {app} está eliminada",
      before: [
        "Tu cuenta de {app} está eliminada, con todo lo que había guardado en ella. Se ha cerrado la sesión en todos " +
        "los dispositivos.",
        "Este es el último correo sobre ella. Esto no cancela una suscripción de la Amazon Appstore: la encontrarás en " +
        "tu cuenta de Amazon.",
      ],
      action: null,
      after: [],
    },
  },
};
