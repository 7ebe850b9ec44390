import { assertEquals } from "@std/assert";
import { VARIABLES } from "../../../lib/config/config.ts";
import { findMistypedNames, isEmpty, readEnvironment } from "../../../lib/config/environment.ts";
import { LEAST } from "../../support/config_cases.ts";

/** Names that people type, and what they mean. */
const MISTYPED: Record<string, string> = {
  AMAZON_CLIENTID: "AMAZON_CLIENT_ID",
  AMAZON_CLIENT_SECRETS: "AMAZON_CLIENT_SECRET",
  AMAZON_TIMEOUT: "AMAZON_TIMEOUT_MS",
  DATA_KEY: "DATA_KEYS",
  data_keys: "DATA_KEYS",
  KVPATH: "KV_PATH",
  "KV-PATH": "KV_PATH",
  PUBLIC_ULR: "PUBLIC_URL",
  MAIL_FORM: "MAIL_FROM",
  MAILURL: "MAIL_URL",
  LOGLEVEL: "LOG_LEVEL",
  TRUST_PROXYS: "TRUST_PROXY",
  REGISTRATIONS: "REGISTRATION",
  SESSION_TTL_DAY: "SESSION_TTL_DAYS",
  APP_COLOUR: "APP_COLOR",
  PORTS: "PORT",
  HOTS: "HOST",
};

/** Names that mean something else, as they are on ordinary machines. */
const OTHERS = [
  "HOME",
  "PATH",
  "PWD",
  "USER",
  "MAIL",
  "SHELL",
  "LANG",
  "TERM",
  "HOSTNAME",
  "HOSTTYPE",
  "LOGNAME",
  "TMPDIR",
  "DISPLAY",
  "EDITOR",
  "DENO_DIR",
  "NO_COLOR",
  "CI",
  "NODE_ENV",
  "AWS_REGION",
  "XDG_DATA_HOME",
  "SSH_AUTH_SOCK",
  "OLDPWD",
  "SHLVL",
  "TZ",
  "KUBERNETES_PORT",
  "KUBERNETES_SERVICE_HOST",
  "APP_ENV",
  "DATABASE_URL",
  "COLUMNS",
];

Deno.test("findMistypedNames() finds names close to ours", () => {
  for (const [given, meant] of Object.entries(MISTYPED)) {
    assertEquals(findMistypedNames([given]), [{ given, meant }]);
  }
  for (const name of VARIABLES) {
    const swapped = name.slice(0, -2) + name.slice(-1) + name.slice(-2, -1);
    if (swapped !== name) assertEquals(findMistypedNames([swapped]).length, 1, swapped);
    assertEquals(findMistypedNames([`${name}X`]).length, 1, name);
  }
});

Deno.test("findMistypedNames() leaves our names and other names alone", () => {
  assertEquals(findMistypedNames([...VARIABLES, ...OTHERS]), []);
});

Deno.test("readEnvironment() asks for each variable of the service by its name", () => {
  const asked: string[] = [];
  const env = readEnvironment((name) => {
    asked.push(name);
    return LEAST[name];
  });
  assertEquals(asked.filter((name) => !name.startsWith("DENO_")), [...VARIABLES]);
  assertEquals(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)), {
    ...LEAST,
  });
});

Deno.test("isEmpty() is true without a variable of the service", () => {
  assertEquals([isEmpty({ DENO_TIMELINE: "preview/a", PATH: "/bin", PORT: "" }), isEmpty({ PORT: "1" })], [
    true,
    false,
  ]);
});
