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
import { Denial, Do, SignInForm, SignUpForm, type Typed } from "./activation_forms.tsx";
import { FaultSummary, type PageConfig, renderPage, Text, textsOf } from "./page.tsx";

/** The configuration that these pages use. */
export type ActivationPageConfig = PageConfig & Pick<Config, "registration">;

/** A fault of a form of a TV: the field, and what is wrong with it. The fields of the sign-up begin with `new-`. */
export interface TvFault {
  /** The id of the field. */
  readonly field: "email" | "password" | "new-email" | "new-password";
  /** What is wrong. All other reasons are rules of passwords. */
  readonly why: "no_email" | "no_password" | "wrong" | "taken" | keyof ResetTexts["faults"];
}

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
