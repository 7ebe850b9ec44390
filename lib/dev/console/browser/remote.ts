/**
 * The remote: moves the cursor on the TV's screen and presses what it stands on. Runs in the browser.
 *
 * @module
 */

/** A button of the remote that the screen understands. */
export type Key = "up" | "down" | "left" | "right" | "ok";

const KEYS: Readonly<Record<string, Key>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Enter: "ok",
};

/** The key of the remote that a key of the keyboard stands for, where nothing else needs it. */
export function keyOf(event: KeyboardEvent, screen: HTMLElement): Key | undefined {
  const target = event.target instanceof Element ? event.target : null;
  const elsewhere = target?.closest("input, select, summary, a, button, [tabindex]");
  if (elsewhere && !screen.contains(elsewhere)) return undefined;
  const key = KEYS[event.key];
  const typing = elsewhere instanceof HTMLInputElement && (key === "left" || key === "right");
  // The browser itself presses a button that has the focus.
  const pressed = elsewhere instanceof HTMLButtonElement && key === "ok";
  return typing || pressed || event.ctrlKey || event.metaKey || event.altKey ? undefined : key;
}

/** What the cursor stands on; the first that there is when it stood on nothing. */
export function cursorOf(screen: HTMLElement): HTMLElement | null {
  return screen.querySelector<HTMLElement>(".cursor") ?? stops(screen).at(0) ?? null;
}

/** Puts the cursor somewhere. */
export function setCursor(screen: HTMLElement, target: Element | null): void {
  for (const each of screen.querySelectorAll(".cursor")) each.classList.remove("cursor");
  target?.classList.add("cursor");
}

/** Does what a key does: moves the cursor, or presses what it stands on. */
export function press(screen: HTMLElement, key: Key): void {
  const all = stops(screen);
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

function stops(screen: HTMLElement): HTMLElement[] {
  return Array.from(screen.querySelectorAll<HTMLElement>("button, input"));
}
