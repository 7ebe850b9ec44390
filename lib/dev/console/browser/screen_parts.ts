/**
 * Builds the parts that the screens of the TV share. Runs in the browser.
 *
 * @module
 */
import { type Child, element } from "./dom.ts";

/** Builds a screen of a kind. */
export function screen(kind: string, ...children: readonly Child[]): HTMLElement {
  return element("div", { class: `app ${kind}`, "data-screen": kind }, ...children);
}

/** Builds the logo of the app. */
export function logo(): HTMLElement {
  return element(
    "p",
    { class: "logo" },
    element("span", { class: "mark", "aria-hidden": "true" }),
    "Marigold",
  );
}

/** Builds a button. */
export function button(label: string, act: () => void): HTMLElement {
  return element("button", { type: "button", onclick: act }, label);
}
