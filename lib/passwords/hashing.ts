/**
 * Passwords at rest: PBKDF2-HMAC-SHA256 (RFC 8018) by WebCrypto, which works beside the event loop, as
 * self-describing PHC strings: `$pbkdf2-sha256$i=600000,l=32$salt$hash`, base64 without padding.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { HashQueue } from "./hash_queue.ts";

/** What OWASP's Password Storage Cheat Sheet asks of PBKDF2-HMAC-SHA256. */
export const PASSWORD_ITERATIONS = 600_000;

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PHC = /^\$pbkdf2-sha256\$i=([1-9]\d{0,8}),l=32\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

interface Stored {
  readonly iterations: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly hash: Uint8Array<ArrayBuffer>;
}

/** How passwords are hashed. */
export interface PasswordHasherOptions {
  /** Of new hashes: {@linkcode PASSWORD_ITERATIONS}, but in a test. */
  readonly iterations: number;
  /** Where every hash waits for its turn. */
  readonly queue: HashQueue;
}

/** Hashes and verifies passwords. They are compared in Unicode NFC, however a keyboard composed them. */
export class PasswordHasher {
  readonly #iterations: number;
  /** Where every hash waits for its turn. */
  readonly queue: HashQueue;

  /** Nothing is hashed yet. */
  constructor({ iterations, queue }: PasswordHasherOptions) {
    this.#iterations = iterations;
    this.queue = queue;
  }

  /**
   * Hashes a password with a salt of its own.
   *
   * @returns A PHC string.
   * @throws {Problem} `rate_limited` when the queue is full
   */
  async hash(password: string): Promise<string> {
    const iterations = this.#iterations;
    const salt = random(SALT_BYTES);
    return format({ iterations, salt, hash: await this.#derive(password, { iterations, salt }) });
  }

  /**
   * Whether a password is the one that was hashed. Takes the same work whatever the answer and whatever was
   * stored: nothing, and a hash of fewer iterations, cost as much as one of today's.
   *
   * @param phc What is stored; null when there is no password: then never.
   * @throws {Problem} `rate_limited` when the queue is full
   */
  async verify(password: string, phc: string | null): Promise<boolean> {
    const stored = phc === null ? this.#dummy() : parse(phc);
    const hash = await this.#derive(password, stored);
    const matches = timingSafeEqual(hash, stored.hash);
    const missing = this.#iterations - stored.iterations;
    if (missing > 0 && !matches) await this.#derive(password, { ...stored, iterations: missing });
    return matches;
  }

  /** Whether a stored hash has fewer iterations than one of today. */
  needsRehash(phc: string): boolean {
    return parse(phc).iterations < this.#iterations;
  }

  /** Random bytes in place of a hash cost nothing to make, and no password derives to them. */
  #dummy(): Stored {
    return { iterations: this.#iterations, salt: random(SALT_BYTES), hash: random(HASH_BYTES) };
  }

  #derive(password: string, { salt, iterations }: Omit<Stored, "hash">): Promise<Uint8Array<ArrayBuffer>> {
    return this.queue.run(async () => {
      const bytes = new TextEncoder().encode(password.normalize("NFC"));
      const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
      const parameters = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
      return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, HASH_BYTES * 8));
    });
  }
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function format({ iterations, salt, hash }: Stored): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
  return `$pbkdf2-sha256$i=${iterations},l=${HASH_BYTES}$${base64(salt)}$${base64(hash)}`;
}

function parse(phc: string): Stored {
  const [, iterations, salt, hash] = PHC.exec(phc) ?? [];
  if (iterations === undefined || salt === undefined || hash === undefined) {
    throw new TypeError("Not a PHC string of PBKDF2-HMAC-SHA256");
  }
  const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
  return { iterations: Number(iterations), salt: bytes(salt), hash: bytes(hash) };
}
