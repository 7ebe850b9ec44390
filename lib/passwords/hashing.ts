/**
 * Hashes passwords with PBKDF2-HMAC-SHA256 (RFC 8018). WebCrypto computes the hash outside of the event loop. A hash is
 * stored as a PHC string, which holds its own parameters: `$pbkdf2-sha256$i=600000,l=32$salt$hash`, with base64 without
 * padding.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { NO_TELEMETRY, type Telemetry } from "../base/telemetry.ts";
import type { HashQueue, Place } from "./hash_queue.ts";

/** The iterations that OWASP's Password Storage Cheat Sheet requires for PBKDF2-HMAC-SHA256. */
export const PASSWORD_ITERATIONS = 600_000;

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const PHC = /^\$pbkdf2-sha256\$i=([1-9]\d{0,8}),l=32\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/;

/** The parts of a PHC string. */
interface StoredHash {
  readonly iterations: number;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly hash: Uint8Array<ArrayBuffer>;
}

/** Options of a {@linkcode PasswordHasher}. */
export interface PasswordHasherOptions {
  /** Iterations of new hashes: {@linkcode PASSWORD_ITERATIONS}, fewer only in tests. */
  readonly iterations: number;
  /** Every hash waits here for its turn. */
  readonly queue: HashQueue;
  /** Gets a span for each hash, with the wait for its turn; nobody by default. */
  readonly telemetry?: Telemetry;
}

/** Hashes and verifies passwords. They are compared in Unicode NFC, because keyboards compose letters differently. */
export class PasswordHasher {
  readonly #iterations: number;
  readonly #telemetry: Telemetry;
  /** Every hash waits here for its turn. */
  readonly queue: HashQueue;

  /** Makes a hasher. */
  constructor({ iterations, queue, telemetry = NO_TELEMETRY }: PasswordHasherOptions) {
    this.#iterations = iterations;
    this.#telemetry = telemetry;
    this.queue = queue;
  }

  /**
   * Hashes a password with a new random salt.
   *
   * @param place A place that was kept in the queue. With it the password is hashed however full the queue is.
   * @returns The PHC string to store.
   * @throws {Problem} `overloaded` when the queue is full
   */
  async hash(password: string, place?: Place): Promise<string> {
    const iterations = this.#iterations;
    const salt = random(SALT_BYTES);
    return format({ iterations, salt, hash: await this.#derive(password, { iterations, salt }, place) });
  }

  /**
   * Returns true when a password is the one that was hashed. A wrong password always costs as many iterations as a new
   * hash, even when no hash is stored or the stored hash has fewer iterations. The time therefore does not tell an
   * attacker if there is an account.
   *
   * @param phc The stored PHC string. Null: there is no password, and the result is false.
   * @param place A place that was kept in the queue. With it the password is hashed however full the queue is.
   * @throws {Problem} `overloaded` when the queue is full
   * @throws {TypeError} when `phc` is not a PHC string of this algorithm
   */
  async verify(password: string, phc: string | null, place?: Place): Promise<boolean> {
    const stored = phc === null ? this.#dummy() : parse(phc);
    const hash = await this.#derive(password, stored, place);
    const matches = timingSafeEqual(hash, stored.hash);
    const missing = this.#iterations - stored.iterations;
    if (missing > 0 && !matches) await this.#derive(password, { ...stored, iterations: missing }, place);
    return matches;
  }

  /**
   * Returns true when a stored hash has fewer iterations than a new one.
   *
   * @throws {TypeError} when `phc` is not a PHC string of this algorithm
   */
  needsRehash(phc: string): boolean {
    return parse(phc).iterations < this.#iterations;
  }

  /** Returns random bytes in place of a hash. They cost no iterations, and no password hashes to them. */
  #dummy(): StoredHash {
    return { iterations: this.#iterations, salt: random(SALT_BYTES), hash: random(HASH_BYTES) };
  }

  #derive(
    password: string,
    { salt, iterations }: Omit<StoredHash, "hash">,
    place: Place | undefined,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const derive = async () => {
      const bytes = new TextEncoder().encode(password.normalize("NFC"));
      const key = await crypto.subtle.importKey("raw", bytes, "PBKDF2", false, ["deriveBits"]);
      const parameters = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
      return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, HASH_BYTES * 8));
    };
    return this.#telemetry.span("hash", () => this.queue.run(derive, place));
  }
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

function format({ iterations, salt, hash }: StoredHash): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
  return `$pbkdf2-sha256$i=${iterations},l=${HASH_BYTES}$${base64(salt)}$${base64(hash)}`;
}

function parse(phc: string): StoredHash {
  const [, iterations, salt, hash] = PHC.exec(phc) ?? [];
  if (iterations === undefined || salt === undefined || hash === undefined) {
    throw new TypeError("Not a PHC string of PBKDF2-HMAC-SHA256");
  }
  const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));
  return { iterations: Number(iterations), salt: bytes(salt), hash: bytes(hash) };
}
