/**
 * Writes certificates as DER (X.690), and as PEM.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Returns a DER element: a tag, the length of the content in its short or long form, and the content. */
export function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** Returns the sequence of some elements. */
export function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** Returns an object identifier from its encoded bytes. */
export function oid(bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

/** Returns a certificate as PEM. */
export function toPem(certificate: Buffer): string {
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
