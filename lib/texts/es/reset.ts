/**
 * Spanish: the pages of `/reset/{token}`.
 *
 * @module
 */
import type { ResetTexts } from "../en/reset.ts";

/** The pages of `/reset/{token}`, in Spanish. */
export const RESET: ResetTexts = {
  title_first: "Elige una contraseña",
  title: "Elige una contraseña nueva",
  lead_first: "Para {email} en {app}. La sesión sigue abierta en tus dispositivos.",
  lead:
    "Para {email} en {app}. Al guardarla se cierra la sesión en todos los dispositivos, para que nadie siga " +
    "dentro sin la contraseña nueva.",
  new_password: "Contraseña nueva",
  hint:
    "Al menos {least} caracteres. Unas cuantas palabras seguidas son una buena contraseña y se escriben " +
    "fácilmente en una televisión.",
  repeat: "La misma otra vez",
  show: "Mostrar lo que escribo",
  save: "Guardar esta contraseña",
  unlink_first: "Cerrar todas las sesiones y desvincular Amazon",
  unlink_first_hint: "Márcalo si no conoces algún dispositivo de la lista o si no creaste tú esta cuenta.",
  unlink: "Desvincular Amazon",
  unlink_hint:
    "Márcalo si no vinculaste tú Amazon. Entonces un clic dejará de iniciar sesión en esta cuenta.",
  unlink_doubtful_hint:
    "Está marcado porque Amazon se vinculó antes de que alguien demostrara que este correo es suyo. Desmárcalo solo " +
    "si vinculaste tú Amazon.",
  faults: {
    empty: "Escribe la contraseña que elijas",
    differ: "Las dos contraseñas son distintas: escribe otra vez la misma",
    control_characters: "La contraseña no puede tener caracteres de control",
    too_short: "La contraseña debe tener al menos {least} caracteres",
    too_long: "La contraseña debe tener como máximo {most} caracteres",
    sequence: "La contraseña no puede ser un solo carácter repetido ni una serie seguida",
    context: "La contraseña no puede estar formada por el correo ni por el nombre de la aplicación",
    common: "La contraseña no puede ser una de las que tiene mucha gente",
  },
  devices: {
    heading: "Con la sesión iniciada",
    none: "Ningún dispositivo tiene la sesión iniciada",
    more: "Y otros dispositivos que iniciaron sesión antes.",
    nameless: "Un dispositivo sin nombre",
    since: "Desde el {since}",
    since_and_last: "Desde el {since}, usado por última vez el {last}",
  },
  amazon: {
    heading: "Amazon",
    linked: "Vinculado: un clic en la Appstore inicia sesión en esta cuenta.",
    not_linked: "No vinculado: un clic en la Appstore no inicia sesión en esta cuenta.",
  },
  done: {
    title: "Tu contraseña está guardada",
    lead_stay: "La sesión sigue abierta en tus dispositivos. No tienes que hacer nada en la televisión.",
    lead_out: "Se ha cerrado la sesión en todos los dispositivos, también en tu televisión.",
    stay: "En un dispositivo sin Amazon, inicia sesión con tu correo y esta contraseña.",
    out: "Abre {app} en tu televisión e inicia sesión con tu correo y la contraseña nueva.",
    linked: "Amazon sigue vinculado: un clic en la Appstore inicia sesión en esta cuenta.",
    not_linked:
      "Amazon no está vinculado. Para usar un solo clic, inicia sesión una vez con tu correo y tu " +
      "contraseña cuando la aplicación los pida.",
  },
  used: {
    title: "Este enlace ya se ha usado",
    lead:
      "Un enlace funciona una sola vez. Si acabas de usarlo tú, tu contraseña está guardada y puedes cerrar esta " +
      "página.",
    get: "¿No has sido tú? Consigue un enlace nuevo",
  },
  dead_lead:
    "Un enlace funciona una sola vez y por tiempo limitado, y un correo más reciente anula los enlaces " +
    "anteriores. No se ha cambiado nada.",
};
