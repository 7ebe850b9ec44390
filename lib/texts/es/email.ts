/**
 * Spanish: the pages of `/confirm-email`.
 *
 * @module
 */
import type { EmailTexts } from "../en/email.ts";

/** The pages of `/confirm-email`, in Spanish. */
export const EMAIL: EmailTexts = {
  change: {
    title: "¿Usar esta dirección de correo?",
    lead: "La cuenta de {app} de {from} recibe la dirección {email}. Se cierra la sesión en todos sus " +
      "demás dispositivos.",
    caution: "Confírmalo solo si es tu propia cuenta: de lo contrario, quien tenga la sesión abierta " +
      "tendría tu dirección.",
    button: "Usar esta dirección",
  },
  verify: {
    title: "¿Confirmar esta dirección de correo?",
    lead: "{email} es la dirección de una cuenta de {app}. Confírmala si la cuenta es tuya.",
    button: "Confirmar esta dirección",
  },
  keep: "Para dejarlo todo como está, cierra esta página.",
  done: {
    title: "Tu dirección de correo está confirmada",
    changed: "Tu cuenta de {app} tiene ahora la dirección {email}. Se ha cerrado la sesión en todos los " +
      "demás dispositivos.",
    verified: "{email} está confirmada como dirección de tu cuenta de {app}.",
  },
  dead: {
    used: "Ya has confirmado con este enlace. No queda nada por hacer.",
    unknown: "No se ha cambiado nada. Un enlace vale una hora. Termina cuando se envía uno más nuevo, se " +
      "elige una contraseña o se cierra la sesión en todas partes. Pide uno nuevo en la aplicación.",
    taken_title: "Esta dirección ya está en uso",
    taken: "No se ha cambiado nada: otra cuenta ya tiene esta dirección.",
  },
};
