/**
 * The forms of the page of a TV: to sign it in, to sign up, and to turn it away.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import { LEAST_CHARACTERS } from "../../lib/passwords/policy.ts";
import type { ActivationView } from "../../lib/sign_in/activation.ts";
import type { Texts } from "../../lib/texts/en/mod.ts";
import { fill } from "../../lib/texts/texts.ts";
import { EmailField, type Fault, TextField } from "./page.tsx";
import { ShowSwitch } from "./passwords.tsx";

/** What a customer typed, by the names of the fields. */
export type Typed = Readonly<Record<string, string | undefined>>;

/**
 * Shows a button. The form that it sends says what to do.
 * @internal
 */
export function Do({ what, label, look }: {
  readonly what: "sign_in" | "sign_up" | "mail" | "approve" | "deny";
  readonly label: string;
  readonly look?: "second" | "danger";
}): Child {
  return (
    <button type="submit" name="do" value={what} {...(look === undefined ? {} : { class: look })}>
      {label}
    </button>
  );
}

/** What the forms of a TV share. */
export interface FormProps {
  /** The texts of the page. */
  readonly texts: Texts;
  /** What is wrong with what was sent. */
  readonly faults: readonly Fault[];
  /** What was typed before. */
  readonly typed: Typed;
}

/**
 * Shows the form of customers with an account. `mails`: whether a link can be mailed.
 * @internal
 */
export function SignInForm(
  { texts, faults, typed, mails }: FormProps & { readonly mails: boolean },
): Child {
  const { sign_in: t } = texts.activation;
  return (
    <form class="card" method="post" novalidate>
      <h2>{t.heading}</h2>
      <EmailField texts={texts} autocomplete="username" faults={faults} value={typed.email ?? ""} />
      <TextField
        name="password"
        type="password"
        label={t.password}
        autocomplete="current-password"
        faults={faults}
      />
      <ShowSwitch texts={texts} />
      <Do what="sign_in" label={t.button} />
      {mails && (
        <>
          <Do what="mail" label={t.mail} look="second" />
          <p class="hint">{t.mail_hint}</p>
        </>
      )}
    </form>
  );
}

/**
 * Shows the form of customers without an account. `open`: whether it is unfolded.
 * @internal
 */
export function SignUpForm({ texts, faults, typed, prefill, open }: FormProps & {
  readonly prefill: ActivationView["prefill"];
  readonly open: boolean;
}): Child {
  const { sign_up: t } = texts.activation;
  return (
    <details class="card" open={open}>
      <summary>{t.heading}</summary>
      <form class="pairs" method="post" novalidate>
        <EmailField
          texts={texts}
          id="new-email"
          autocomplete="username"
          faults={faults}
          value={typed.email ?? ""}
        />
        <TextField
          id="new-password"
          name="password"
          type="password"
          label={texts.reset.new_password}
          hint={fill(texts.reset.hint, { least: LEAST_CHARACTERS })}
          autocomplete="new-password"
          faults={faults}
        />
        <ShowSwitch texts={texts} />
        <TextField
          name="name"
          type="text"
          label={t.name}
          autocomplete="name"
          autocapitalize="words"
          optional
          faults={faults}
          value={typed.name ?? prefill.name ?? ""}
        />
        <TextField
          name="postal_code"
          type="text"
          label={t.postal_code}
          autocomplete="postal-code"
          autocapitalize="characters"
          optional
          faults={faults}
          value={typed.postal_code ?? prefill.postal_code ?? ""}
        />
        <Do what="sign_up" label={t.button} />
      </form>
    </details>
  );
}

/**
 * Shows the form that turns a TV away.
 * @internal
 */
export function Denial({ texts: { activation: { deny: t } } }: { readonly texts: Texts }): Child {
  return (
    <form class="card" method="post">
      <h2>{t.heading}</h2>
      <p>{t.lead}</p>
      <Do what="deny" label={t.button} look="danger" />
    </form>
  );
}
