/**
 * Creates and finds elements. Runs in the browser.
 *
 * @module
 */

/** A child of an element. Null adds nothing. */
export type Child = Node | string | null;

/** Attributes by name. A name with `on`, as `onclick`, takes a listener. False leaves the attribute out. */
export type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void)>>;

/** Creates an element. */
export function element(
  name: string,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElement {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") created.addEventListener(key.slice(2), value);
    else if (value !== false) created.setAttribute(key, value === true ? "" : value);
  }
  created.append(...children.filter((child) => child !== null));
  return created;
}

/**
 * Returns an element of the page.
 *
 * @throws {Error} When the page has no such element.
 */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}`);
  return found;
}
