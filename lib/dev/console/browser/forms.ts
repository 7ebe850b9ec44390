/**
 * Builds the forms of the app on the TV: sign-up and sign-in. Runs in the browser.
 *
 * @module
 */
import type { Prefill } from "../../../client/mod.ts";
import { element } from "./dom.ts";
import { logo, screen } from "./screen_parts.ts";
import type { Prepared } from "./state.ts";

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
  /** Leaves the code for a phone, and shows a form instead. */
  typeInstead(form: HTMLElement): void;
}

/** Builds the form of the sign-up. */
export function signUpScreen({ signUp }: Actions, { name = "Vera Lindqvist" }: Prefill): HTMLElement {
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

/** Builds the form of the sign-in. */
export function signInScreen(
  { signIn }: Actions,
  { prepared, linkTicket }: {
    readonly prepared: Prepared;
    readonly linkTicket: string | null;
  },
): HTMLElement {
  return form("sign-in", {
    title: "You have an account already",
    lead: linkTicket === null ? "Its email and password." : "Its password, this once, links it to Amazon.",
    fields: [["email", "Email", prepared.email ?? ""], [
      "password",
      "Password",
      prepared.password ?? "",
    ]],
    submit: [linkTicket === null ? "Sign in" : "Sign in and link", (values) => signIn(values, linkTicket)],
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
