/**
 * Shows a phone beside the TV, with the page that its customer opens. Runs in the browser.
 *
 * @module
 */
import { byId } from "./dom.ts";

const CLOSED = "about:blank";

/** Takes the phone out, on a page of the service. */
export function openPhone(url: string): void {
  const { pathname, search } = new URL(url);
  const page = byId("phone-page") as HTMLIFrameElement;
  page.src = pathname + search;
  byId("phone").hidden = false;
  document.body.dataset.phone = "open";
}

/** Puts the phone away. */
export function closePhone(): void {
  (byId("phone-page") as HTMLIFrameElement).src = CLOSED;
  byId("phone").hidden = true;
  delete document.body.dataset.phone;
}
