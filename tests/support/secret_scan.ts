/**
 * Searches bytes for texts, in all usual encodings of each text.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** A text that must not be found, and what it is, such as "code". */
export interface Secret {
  name: string;
  text: string;
}

/** Returns the encodings of a text by their names. Of encodings with the same bytes, the first one stands for all. */
export function encodingsOf(text: string): Map<string, Buffer> {
  const utf8 = Buffer.from(text);
  const hex = utf8.toString("hex");
  const percent = encodeURIComponent(text);
  const forms = new Map([
    ["raw", utf8],
    ["Latin-1", Buffer.from(text, "latin1")],
    ["UTF-16LE", Buffer.from(text, "utf16le")],
    ["JSON", Buffer.from(JSON.stringify(text).slice(1, -1))],
    ["hex", Buffer.from(hex)],
    ["HEX", Buffer.from(hex.toUpperCase())],
    ["percent", Buffer.from(percent)],
    ["percent, lower case", Buffer.from(percent.replace(/%../g, (octet) => octet.toLowerCase()))],
    ["percent, every octet", Buffer.from(hex.replace(/../g, "%$&"))],
    ["form", Buffer.from(new URLSearchParams({ "": text }).toString().slice(1))],
  ]);
  for (const offset of [0, 1, 2]) {
    for (const encoding of ["base64", "base64url"] as const) {
      forms.set(`${encoding} at ${offset}`, Buffer.from(base64Core(utf8, offset, encoding)));
    }
  }
  const unique = new Map<string, [name: string, bytes: Buffer]>();
  for (const form of forms) {
    const bytes = form[1].toString("latin1");
    if (!unique.has(bytes)) unique.set(bytes, form);
  }
  return new Map(unique.values());
}

/**
 * Returns the part of the base64 of `bytes` that does not depend on the bytes before and after them. The number of bytes
 * before is `offset` plus a multiple of 3.
 */
function base64Core(bytes: Buffer, offset: number, encoding: "base64" | "base64url"): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
  return text.slice(Math.ceil(offset * 8 / 6), Math.floor((offset + bytes.length) * 8 / 6));
}

const START_BYTES = 4;

/**
 * Returns "name as encoding" for each secret that is found.
 *
 * @throws {RangeError} when an encoding of a secret has less than 4 bytes: it would be found by chance.
 */
export function findSecrets(haystack: string | Uint8Array, secrets: Iterable<Secret>): string[] {
  const bytes = typeof haystack === "string" ? Buffer.from(haystack) : haystack;
  // One pass for all secrets, because a database file has megabytes. Only bytes that begin like a secret are compared.
  const byStart = new Map<number, { found: string; needle: Buffer }[]>();
  for (const { name, text } of secrets) {
    for (const [form, needle] of encodingsOf(text)) {
      const start = needle.readUInt32BE(0);
      byStart.set(start, [...(byStart.get(start) ?? []), { found: `${name} as ${form}`, needle }]);
    }
  }
  const all = new Set<string>();
  let window = 0;
  for (let end = 1; end <= bytes.length; end++) {
    window = (window << 8 | bytes[end - 1]!) >>> 0;
    if (end < START_BYTES) continue;
    const at = end - START_BYTES;
    for (const { found, needle } of byStart.get(window) ?? []) {
      if (needle.equals(bytes.subarray(at, at + needle.length))) all.add(found);
    }
  }
  return [...all];
}
