/**
 * Reads email addresses, as far as real mail systems accept them.
 *
 * @module
 */

/** An email address in two forms. */
export interface Email {
  /** The form to show: as typed, but trimmed and in NFC. */
  readonly display: string;
  /**
   * The form to compare: lower case, the domain in ASCII (UTS 46). Rules of a single provider, such as dots without
   * meaning, are not applied.
   */
  readonly canonical: string;
}

const MAX_BYTES = 254; // RFC 5321, 4.5.3.1.3: a path of 256 octets with its brackets
const MAX_LOCAL_BYTES = 64; // RFC 5321, 4.5.3.1.1
/** Space, and the invisible marks that copying from an address book or a page leaves around an address. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
/** Dots may stand anywhere beside other characters: carriers in Japan have given out `a..b@`, `a.@` and `.a@`. */
const LOCAL = /^(?!\.+$)[^\s@"(),:;<>[\\\]\p{C}]+$/u;
/** Dots where RFC 5321 has them only between quotes. */
const STRAY_DOTS = /^\.|\.\.|\.$/;
const TYPED_DOMAIN = /^[^\s@/?#:\\[\]%\p{C}]+$/u;
const ASCII_DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;
const PLAIN_DOMAIN = /^(?!.*xn--)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;

/** Reads an address, and leaves out what is around it. Returns null when no mail can be sent to it. */
export function parseEmail(text: string): Email | null {
  const display = text.replace(AROUND, "").normalize("NFC");
  const at = display.lastIndexOf("@");
  const local = display.slice(0, at);
  const domain = asciiDomain(display.slice(at + 1));
  if (at < 1 || domain === null || !LOCAL.test(local)) return null;
  const canonical = `${local.toLowerCase().normalize("NFC")}@${domain}`;
  if (byteLength(local) > MAX_LOCAL_BYTES || byteLength(canonical) > MAX_BYTES) return null;
  return { display, canonical };
}

/**
 * Returns the address to send mail to: the local part as typed, the domain in ASCII. Every mail server accepts an ASCII
 * domain; any other needs an extension (RFC 6531). A local part with stray dots stands between quotes (RFC 5321, 4.1.2).
 */
export function deliveryAddress({ display, canonical }: Email): string {
  const local = display.slice(0, display.lastIndexOf("@"));
  return (STRAY_DOTS.test(local) ? `"${local}"` : local) + canonical.slice(canonical.lastIndexOf("@"));
}

function asciiDomain(typed: string): string | null {
  // A shortcut, because parsing a URL is slow: UTS 46 changes only the case of an ASCII domain without `xn--`.
  if (PLAIN_DOMAIN.test(typed)) return typed.toLowerCase();
  const url = `http://${typed}`;
  if (!TYPED_DOMAIN.test(typed) || !URL.canParse(url)) return null;
  const { hostname } = new URL(url);
  return ASCII_DOMAIN.test(hostname) ? hostname : null;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
