/**
 * Implements the remote: moves the cursor on the TV's screen and presses the element under it. Runs in the browser.
 *
 * @module
 */

/** A button of the remote that acts on the screen. */
export type Key = "up" | "down" | "left" | "right" | "ok";

const KEYS: Readonly<Record<string, Key>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Enter: "ok",
};

/**
 * Returns the button of the remote for a key of the keyboard. Returns undefined when the browser or a focused element
 * needs the key itself.
 */
export function keyOf(event: KeyboardEvent, screen: HTMLElement): Key | undefined {
  const target = event.target instanceof Element ? event.target : null;
  const elsewhere = target?.closest("input, select, summary, a, button, [tabindex]");
  const key = KEYS[event.key];
  // A radio button has no use for Enter.
  const idle = elsewhere instanceof HTMLInputElement && elsewhere.type === "radio" && key === "ok";
  if (elsewhere && !screen.contains(elsewhere) && !idle) return undefined;
  const typing = elsewhere instanceof HTMLInputElement && (key === "left" || key === "right");
  // The browser itself presses a focused button.
  const pressed = elsewhere instanceof HTMLButtonElement && key === "ok";
  return typing || pressed || event.ctrlKey || event.metaKey || event.altKey ? undefined : key;
}

/**
 * Gives the focus back to the TV after each choice that a pointer makes outside of it, so that the keys go on to work.
 * A choice by the keyboard leaves the focus where it is.
 */
export function returnFocus(screen: HTMLElement, outside: readonly HTMLElement[]): void {
  let byPointer = false;
  addEventListener("pointerdown", () => byPointer = true, true);
  addEventListener("keydown", () => byPointer = false, true);
  const giveBack = () => {
    if (byPointer) (cursorOf(screen) ?? screen).focus({ preventScroll: true });
  };
  for (const area of outside) {
    area.addEventListener("change", giveBack);
    area.addEventListener("click", ({ target }) => {
      // A list of choices opens at the click. It gives its focus back when one was made.
      if (!(target as Element).closest("select, label:has(select)")) giveBack();
    });
  }
}

/** Returns the element under the cursor; without a cursor, the first element that can hold it. */
export function cursorOf(screen: HTMLElement): HTMLElement | null {
  return screen.querySelector<HTMLElement>(".cursor") ?? cursorTargets(screen).at(0) ?? null;
}

/** Moves the cursor to an element; null removes the cursor. */
export function setCursor(screen: HTMLElement, target: Element | null): void {
  for (const previous of screen.querySelectorAll(".cursor")) previous.classList.remove("cursor");
  target?.classList.add("cursor");
}

/** Moves the cursor, or presses the element under it. */
export function press(screen: HTMLElement, key: Key): void {
  const all = cursorTargets(screen);
  const current = cursorOf(screen);
  const at = current === null ? -1 : all.indexOf(current);
  if (key === "ok") {
    if (current instanceof HTMLInputElement) press(screen, "down");
    else current?.click();
    return;
  }
  const next = all[Math.min(all.length - 1, Math.max(0, at + (key === "down" || key === "right" ? 1 : -1)))];
  if (next === undefined) return;
  setCursor(screen, next);
  if (screen.contains(document.activeElement)) next.focus();
}

function cursorTargets(screen: HTMLElement): HTMLElement[] {
  return Array.from(screen.querySelectorAll<HTMLElement>("button, input"));
}
