/**
 * Spanish: the pages of `/delete-account`.
 *
 * @module
 */
import type { DeletionTexts } from "../en/deletion.ts";

/** The pages of `/delete-account`, in Spanish. */
export const DELETION: DeletionTexts = {
  title: "Eliminar tu cuenta de {app}",
  lead:
    "Dinos la dirección de correo de tu cuenta de {app}. Te enviaremos un enlace, para que solo tú puedas " +
    "eliminar la cuenta.",
  lead_no_mail:
    "Abre {app} en un dispositivo con la sesión iniciada y elimina allí la cuenta. Por ahora esta página " +
    "no puede hacerlo, porque no se puede enviar ningún correo.",
  button: "Enviarme el enlace",
  what: "Qué se elimina",
  data: "Tu correo electrónico, tu nombre, tu código postal y tu contraseña.",
  devices: "Se cierra la sesión en todos los dispositivos y se elimina la lista de ellos.",
  amazon:
    "El vínculo con tu cuenta de Amazon, si lo hay. Si más adelante inicias sesión con un clic, tendrás una " +
    "cuenta nueva y vacía.",
  subscription_term: "No se elimina una suscripción de la Amazon Appstore:",
  subscription: "continúa, y la pagas, hasta que la canceles en tu cuenta de Amazon.",
  confirm: {
    title: "¿Eliminar esta cuenta?",
    lead: "La cuenta de {app} de {email}. Esto no se puede deshacer.",
    box: "Sí, eliminar mi cuenta para siempre",
    fault: "Marca la casilla si quieres eliminar la cuenta",
    button: "Eliminar esta cuenta",
    keep: "Para conservar la cuenta, cierra esta página.",
  },
  done: {
    title: "Tu cuenta está eliminada",
    lead: "{app} ya no tiene ningún dato de tu cuenta, y se ha cerrado la sesión en todos los dispositivos.",
    mail: "Un último correo confirma la eliminación.",
    subscription: "Esto no cancela una suscripción de la Amazon Appstore. Cancélala en tu cuenta de Amazon.",
  },
  dead_lead:
    "Si acabas de confirmar con él, tu cuenta está eliminada y puedes cerrar esta página. Si no, no se ha " +
    "cambiado nada: un enlace funciona durante una hora, y un correo más reciente anula los enlaces anteriores.",
};
