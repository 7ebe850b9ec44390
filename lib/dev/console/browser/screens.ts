/**
 * Builds the screens of the app on the TV. Runs in the browser.
 *
 * @module
 */
import type {
  ActivationCode,
  ActivationResult,
  AmazonResult,
  Entitlement,
  SignedIn,
} from "../../../client/mod.ts";
import { element } from "./dom.ts";
import { type Actions, signInScreen, signUpScreen } from "./forms.ts";
import { planList } from "./plans.ts";
import { button, logo, screen } from "./screen_parts.ts";
import type { Prepared } from "./state.ts";

const TITLES: Readonly<Record<Offer["outcome"], string>> = {
  consent_unavailable: "Sign in with your phone",
  sign_in_needed: "You have an account already",
  sign_up_needed: "One more step",
};
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

/** What the screens of results show beside the result. */
export interface ScreenContext {
  /** The actions that the buttons start. */
  readonly actions: Actions;
  /** What the customer knows. The sign-in form is filled in with it. */
  readonly prepared: Prepared;
  /** What the account may use. */
  readonly entitlements: readonly Entitlement[];
  /** The receipts that the app has fulfilled. */
  readonly fulfilled: ReadonlySet<string>;
}

/** A result that offers the sign-in by a phone. */
export type Offer = Extract<AmazonResult, { activation: unknown }>;

/** Builds the screen with the code for a phone. */
export function codeScreen(code: ActivationCode, offer: Offer, context: ScreenContext): HTMLElement {
  const address = code.verification_uri.replace(/^https?:\/\//, "");
  return screen(
    "code",
    element("img", { class: "qr", src: code.qr_image, alt: "A QR code that opens the page on a phone" }),
    element(
      "div",
      {},
      logo(),
      element("h3", {}, TITLES[offer.outcome]),
      element("p", { class: "lead" }, "Scan, or open ", element("strong", {}, address), " and type"),
      element("p", { class: "user-code" }, code.user_code),
      button("Use the remote", () => context.actions.typeInstead(formOf(offer, context))),
    ),
  );
}

function formOf(offer: Offer, { actions, prepared }: ScreenContext): HTMLElement {
  switch (offer.outcome) {
    case "consent_unavailable":
      return prepared.email === undefined
        ? signUpScreen(actions, {})
        : signInScreen(actions, { prepared, linkTicket: null });
    case "sign_up_needed":
      return signUpScreen(actions, offer.prefill);
    case "sign_in_needed":
      return signInScreen(actions, { prepared, linkTicket: offer.link_ticket });
  }
}

/** Builds the screen for the result of a sign-in that leaves nothing to be offered. */
export function resultScreen(
  result: Exclude<AmazonResult, Offer> | ActivationResult,
  context: ScreenContext,
): HTMLElement {
  const { actions } = context;
  switch (result.outcome) {
    case "signed_in":
      return homeScreen(result.session, context, { restored: result.restored });
    case "try_later":
      return screen(
        "try-later",
        element("h3", {}, result.problem === null ? "We cannot be reached" : "We will be right back"),
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
  { actions, entitlements, fulfilled }: ScreenContext,
  { restored }: { readonly restored: boolean },
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
    planList(entitlements, fulfilled),
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
