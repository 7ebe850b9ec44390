/**
 * The pages of `/activate/{token}` with forms: the TV, with the ways to sign it in and the way to turn it away.
 *
 * @module
 */
import type { Config } from "../../lib/config/config.ts";
import type { Device } from "../../lib/kv/schema.ts";
import { LEAST_CHARACTERS, MOST_CHARACTERS } from "../../lib/passwords/policy.ts";
import type { ActivationView } from "../../lib/sign_in/activation.ts";
import type { MailedActivationView } from "../../lib/sign_in/activation_mail.ts";
import type { Texts } from "../../lib/texts/en/mod.ts";
import type { ResetTexts } from "../../lib/texts/en/reset.ts";
import { fill } from "../../lib/texts/texts.ts";
import type { AppContext } from "../http/env.ts";
import { type Fault, FaultSummary, type PageConfig, renderPage, Text, TextField, textsOf } from "./page.tsx";
import { ShowSwitch } from "./passwords.tsx";

/** The configuration that these pages use. */
export type ActivationPageConfig = PageConfig & Pick<Config, "registration">;

/** A fault of a form of a TV: the field, and what is wrong with it. The fields of the sign-up begin with `new-`. */
export interface TvFault {
  /** The id of the field. */
  readonly field: "email" | "password" | "new-email" | "new-password";
  /** What is wrong. All other reasons are rules of passwords. */
  readonly why: "no_email" | "no_password" | "wrong" | "taken" | keyof ResetTexts["faults"];
}

/** What a customer typed, by the names of the fields. */
export type Typed = Readonly<Record<string, string | undefined>>;

/**
 * Makes the page of a TV, with the ways to sign it in and the way to turn it away.
 *
 * @param state `faults`: why a form was refused. `typed`: what it held.
 * @internal
 */
export function renderTv(
  c: AppContext,
  config: ActivationPageConfig,
  { view, faults: found = [], typed = {} }: {
    readonly view: ActivationView;
    readonly faults?: readonly TvFault[];
    readonly typed?: Typed;
  },
): Response {
  const texts = textsOf(c);
  const faults = found.map(({ field, why }) => ({ field, message: messageOf(texts, why) }));
  const forms = { texts, faults, typed, prefill: view.prefill };
  const emptied = found.some(({ why }) => why !== "no_email" && why !== "no_password");
  const isNew = faults.some(({ field }) => field.startsWith("new-")) || Object.keys(view.prefill).length > 0;
  // The form that was sent, or that has something filled in, comes first: its button is on the screen of a TV.
  const signUp = config.registration === "open" && <SignUpForm {...forms} open={isNew} />;
  return renderPage(c, config, {
    status: faults.length > 0 ? 422 : 200,
    title: texts.activation.tv.title,
    faulty: faults.length > 0,
    wide: true,
    passwords: true,
    body: (
      <>
        {faults.length > 0 && <FaultSummary texts={texts} faults={faults} emptied={emptied} />}
        <div class="columns">
          <Tv texts={texts} view={view} />
          <div>
            {isNew && signUp}
            <SignInForm {...forms} mails={config.mail !== null} />
            {!isNew && signUp}
            <Denial texts={texts} />
          </div>
        </div>
      </>
    ),
  });
}

function messageOf({ activation: { sign_in, sign_up }, common, reset }: Texts, why: TvFault["why"]): string {
  switch (why) {
    case "no_email":
      return common.email_fault;
    case "no_password":
      return sign_in.no_password;
    case "wrong":
      return sign_in.wrong;
    case "taken":
      return sign_up.taken;
    default:
      return fill(reset.faults[why], { least: LEAST_CHARACTERS, most: MOST_CHARACTERS });
  }
}

/**
 * Makes the page of a TV that a mailed link approves.
 * @internal
 */
export function renderMailedTv(
  c: AppContext,
  config: PageConfig,
  { view }: { readonly view: MailedActivationView },
): Response {
  const texts = textsOf(c);
  const { tv, mailed } = texts.activation;
  return renderPage(c, config, {
    title: tv.title,
    body: (
      <>
        <Tv texts={texts} view={view} />
        <form class="card" method="post">
          <p>
            <Text of={mailed.lead} app={<bdi>{config.appName}</bdi>} email={<strong>{view.email}</strong>} />
          </p>
          {!view.proved && (
            <div class="field choice">
              <input id="claim" name="claim" type="checkbox" aria-describedby="claim-hint" />
              <div>
                <label for="claim">{mailed.claim}</label>
                <p class="hint" id="claim-hint">{mailed.claim_hint}</p>
              </div>
            </div>
          )}
          <Do what="approve" label={mailed.button} />
        </form>
        <Denial texts={texts} />
      </>
    ),
  });
}

function Tv(
  { texts: { activation: { tv: t } }, view }: { readonly texts: Texts; readonly view: ActivationView },
) {
  return (
    <section class="card tv">
      <h2>
        <bdi>{nameOf(view.device, t.nameless)}</bdi>
      </h2>
      <p>
        <Text of={t.code} code={<strong class="code">{view.userCode}</strong>} />
      </p>
      <p class="warning">{t.warning}</p>
      {view.linksAmazon && <p>{t.amazon}</p>}
    </section>
  );
}

/** Names a TV by what it says of itself. */
export function nameOf({ name, model }: Device, nameless: string): string {
  const known = [name, model].filter((word) => word !== undefined && word.trim() !== "");
  return known.length === 0 ? nameless : known.join(" · ");
}

/** Shows a button. The form that it sends says what to do. */
function Do({ what, label, look }: {
  readonly what: "sign_in" | "sign_up" | "mail" | "approve" | "deny";
  readonly label: string;
  readonly look?: "second" | "danger";
}) {
  return (
    <button type="submit" name="do" value={what} {...(look === undefined ? {} : { class: look })}>
      {label}
    </button>
  );
}

interface FormProps {
  readonly texts: Texts;
  readonly faults: readonly Fault[];
  readonly typed: Typed;
}

function SignInForm({ texts, faults, typed, mails }: FormProps & { readonly mails: boolean }) {
  const { sign_in: t } = texts.activation;
  return (
    <form class="card" method="post" novalidate>
      <h2>{t.heading}</h2>
      <TextField
        name="email"
        type="email"
        label={texts.common.email_label}
        autocomplete="username"
        faults={faults}
        value={typed.email ?? ""}
      />
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

function SignUpForm({ texts, faults, typed, prefill, open }: FormProps & {
  readonly prefill: ActivationView["prefill"];
  readonly open: boolean;
}) {
  const { sign_up: t } = texts.activation;
  return (
    <details class="card" open={open}>
      <summary>{t.heading}</summary>
      <form class="pairs" method="post" novalidate>
        <TextField
          id="new-email"
          name="email"
          type="email"
          label={texts.common.email_label}
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

function Denial({ texts: { activation: { deny: t } } }: { readonly texts: Texts }) {
  return (
    <form class="card" method="post">
      <h2>{t.heading}</h2>
      <p>{t.lead}</p>
      <Do what="deny" label={t.button} look="danger" />
    </form>
  );
}
