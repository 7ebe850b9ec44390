/**
 * Builds the screens of the app on the TV. Runs in the browser.
 *
 * @module
 */
import type { AmazonResult, PasswordResult, Prefill, SignedIn } from "../../../client/mod.ts";
import { type Child, element } from "./dom.ts";

/** The values of a form. */
export interface FormValues {
  /** The name; empty in a form without this field. */
  readonly name: string;
  /** The email. */
  readonly email: string;
  /** The password. */
  readonly password: string;
}

/** The actions that the buttons start. */
export interface Actions {
  /** Opens the app, or tries again. */
  open(): void;
  /** Creates an account. */
  signUp(values: FormValues): void;
  /** Signs in by password. With a link ticket it also links the Amazon customer. */
  signIn(values: FormValues, linkTicket: string | null): void;
  /** Signs out. */
  signOut(): void;
}

/** Credentials that the customer knows. The sign-in form is filled in with them. */
export interface KnownCredentials {
  /** The email of the account that the scenario created before. */
  readonly email?: string;
  /** The password of the same account. */
  readonly password?: string;
}

const FILMS = ["The Long Tide", "Paper Moons", "Northbound", "Salt & Ember", "Glasshouse", "Small Hours"];

/** Builds the screen of the closed app. */
export function startScreen({ open }: Actions): HTMLElement {
  return screen(
    "start",
    logo(),
    element("p", { class: "lead" }, "Stories that stay up late"),
    button("Open Marigold", open),
  );
}

/** Builds the screen of a sign-in that is running. */
export function waitingScreen(): HTMLElement {
  return screen(
    "waiting",
    logo(),
    element("div", { class: "spinner", role: "presentation" }),
    element("p", { class: "lead", role: "status" }, "Signing you in…"),
  );
}

/** Builds the screen for the result of a sign-in. */
export function resultScreen(
  result: AmazonResult | PasswordResult,
  { actions, credentials }: { readonly actions: Actions; readonly credentials: KnownCredentials },
): HTMLElement {
  switch (result.outcome) {
    case "signed_in":
      return homeScreen(result.session, { actions, restored: result.restored });
    case "consent_unavailable":
      return signUpScreen(actions, {});
    case "sign_up_needed":
      return signUpScreen(actions, result.prefill);
    case "sign_in_needed":
      return signInScreen(actions, { credentials, linkTicket: result.link_ticket });
    case "try_later":
      return screen(
        "try-later",
        element("h3", {}, "We will be right back"),
        element(
          "p",
          { class: "lead" },
          `Nothing is lost. Try again in ${result.retry_after} seconds, or just now.`,
        ),
        button("Try again", actions.open),
      );
    case "refused":
      return screen(
        "refused",
        element("h3", {}, "That did not work"),
        element("p", { class: "lead" }, result.problem.errors?.[0]?.message ?? result.problem.title),
        button("Back", actions.open),
      );
  }
}

function homeScreen(
  { account }: SignedIn,
  { actions, restored }: { readonly actions: Actions; readonly restored: boolean },
): HTMLElement {
  const name = account.name?.split(" ")[0] ?? "friend";
  const isNew = account.created && !restored;
  return screen(
    "home",
    element(
      "div",
      { class: "bar" },
      logo(),
      element("span", { class: "who" }, account.email),
    ),
    element("h3", {}, isNew ? `Welcome, ${name}` : `Welcome back, ${name}`),
    element(
      "p",
      { class: "lead" },
      isNew ? "Your account is ready. Nothing to type, nothing to remember." : "Pick up where you left off.",
    ),
    element(
      "div",
      { class: "row" },
      button("Watch", () => {}),
      button("Sign out", actions.signOut),
    ),
    element(
      "ul",
      { class: "films" },
      ...FILMS.map((film, i) => element("li", { class: `film film-${i}` }, element("span", {}, film))),
    ),
  );
}

function signUpScreen({ signUp }: Actions, { name = "Vera Lindqvist" }: Prefill): HTMLElement {
  const email = `${name.toLowerCase().replace(/[^a-z]+/g, ".")}.${Date.now().toString(36)}@example.com`;
  return form("sign-up", {
    title: "Create your account",
    lead: "An email and a password, and you are in.",
    fields: [["name", "Name", name], ["email", "Email", email], [
      "password",
      "Password",
      "marigold in the evening",
    ]],
    submit: ["Create account", signUp],
  });
}

function signInScreen(
  { signIn }: Actions,
  { credentials, linkTicket }: {
    readonly credentials: KnownCredentials;
    readonly linkTicket: string | null;
  },
): HTMLElement {
  return form("sign-in", {
    title: "You have an account already",
    lead: "Its password, this once. From then on one click is enough.",
    fields: [["email", "Email", credentials.email ?? ""], [
      "password",
      "Password",
      credentials.password ?? "",
    ]],
    submit: ["Sign in and link", (values) => signIn(values, linkTicket)],
  });
}

function form(kind: string, { title, lead, fields, submit: [label, send] }: {
  readonly title: string;
  readonly lead: string;
  readonly fields: readonly (readonly [name: keyof FormValues, label: string, value: string])[];
  readonly submit: readonly [label: string, send: (values: FormValues) => void];
}): HTMLElement {
  const inputs = fields.map(([name, , value]) =>
    element("input", {
      name,
      value,
      type: name === "password" ? "password" : "text",
      autocomplete: "off",
      spellcheck: "false",
    }) as HTMLInputElement
  );
  const values = () =>
    ({
      name: "",
      ...Object.fromEntries(inputs.map(({ name, value }) => [name, value])),
    }) as unknown as FormValues;
  const submit = (event: Event) => {
    event.preventDefault();
    send(values());
  };
  return screen(
    kind,
    logo(),
    element("h3", {}, title),
    element("p", { class: "lead" }, lead),
    element(
      "form",
      { onsubmit: submit },
      ...fields.map(([, label], i) => element("label", {}, element("span", {}, label), inputs[i] ?? null)),
      element("button", {}, label),
    ),
  );
}

function screen(kind: string, ...children: readonly Child[]): HTMLElement {
  return element("div", { class: `app ${kind}`, "data-screen": kind }, ...children);
}

function logo(): HTMLElement {
  return element(
    "p",
    { class: "logo" },
    element("span", { class: "mark", "aria-hidden": "true" }),
    "Marigold",
  );
}

function button(label: string, act: () => void): HTMLElement {
  return element("button", { type: "button", onclick: act }, label);
}
