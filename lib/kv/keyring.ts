/**
 * The key ring for data at rest. The first key seals records and computes indexes. All keys open records, and a lookup
 * tries the index of each. How a key is rotated: `lib/operator/README.md`.
 *
 * Sealing is AES-256-GCM with a random nonce. One key may seal 2^32 times (NIST SP 800-38D, 8.3): about a thousand
 * million sign-ins. The calls are Node's synchronous ones: for records of this size one promise of WebCrypto costs more
 * than the cipher.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync } from "node:crypto";

/** One key of the ring for data at rest. */
export interface DataKey {
  /** The key's name, 1 to 32 characters. It is stored beside everything that the key sealed. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** The form of a key's id. */
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;
const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Thrown when sealed bytes cannot be opened: they belong to another place or key, were changed, or have an unknown
 * format.
 */
export class SealError extends Error {
  /** The class name, for the log. */
  override name = "SealError";
}

const encoder = new TextEncoder();

interface DerivedKey {
  readonly id: string;
  /** The first bytes of everything that this key seals: the format, the length of the id, the id. */
  readonly header: Uint8Array;
  readonly sealing: Buffer;
  readonly indexing: Buffer;
  readonly deriving: Buffer;
}

/** Seals and opens records and computes blind indexes, with the keys of the operator. */
export class Keyring {
  readonly #first: DerivedKey;
  readonly #all: readonly DerivedKey[];

  /**
   * Derives three keys from each key of the operator: one seals, one computes indexes, one derives secrets.
   *
   * @param keys At least one; the first seals.
   * @throws {RangeError} when `keys` is empty
   */
  constructor(keys: readonly DataKey[]) {
    this.#all = keys.map(({ id, secret }) => ({
      id,
      header: Uint8Array.of(FORMAT, id.length, ...encoder.encode(id)),
      sealing: derive(secret, "oneclick sealing"),
      indexing: derive(secret, "oneclick blind index"),
      deriving: derive(secret, "oneclick derived secret"),
    }));
    const [first] = this.#all;
    if (first === undefined) throw new RangeError("A key ring needs a key");
    this.#first = first;
  }

  /** The ids of all keys, the first one first. */
  get ids(): readonly string[] {
    return this.#all.map(({ id }) => id);
  }

  /** The id of the first key: the one that seals, indexes and derives what is new. */
  get firstId(): string {
    return this.#first.id;
  }

  /**
   * Derives a secret from texts that its owner knows. The same key and texts give the same secret again, so the secret need
   * not be stored. Nobody computes it without the key of the ring, or without all the texts.
   *
   * @param keyId The key to derive with: {@linkcode Keyring.firstId} for a new secret.
   * @param purpose Separates the secrets of different kinds.
   * @returns 43 characters of base64url; null when the ring has no such key.
   */
  deriveSecret(keyId: string, purpose: string, texts: readonly string[]): string | null {
    const key = keyId === this.#first.id ? this.#first : this.#all.find(({ id }) => id === keyId);
    if (key === undefined) return null;
    // JSON quotes each text, so no other texts give the same bytes.
    return createHmac("sha256", key.deriving).update(JSON.stringify([purpose, ...texts])).digest("base64url");
  }

  /**
   * Encrypts and authenticates `text` for one place.
   *
   * @param place The key under which the result will be stored. It cannot be opened as the record of another key.
   * @param proof A secret that is needed to open the result, beside the key ring.
   */
  seal(text: string, place: string, proof?: string): Uint8Array<ArrayBuffer> {
    return this.#seal(this.#first, text, place, proof);
  }

  /**
   * Encrypts and authenticates `text` for one place with a key that need not be the first.
   *
   * @throws {RangeError} when the ring has no such key
   */
  sealWith(keyId: string, text: string, place: string): Uint8Array<ArrayBuffer> {
    const key = this.#all.find(({ id }) => id === keyId);
    if (key === undefined) throw new RangeError("The ring has no such key");
    return this.#seal(key, text, place, undefined);
  }

  #seal(
    { id, header, sealing }: DerivedKey,
    text: string,
    place: string,
    proof: string | undefined,
  ): Uint8Array<ArrayBuffer> {
    const plain = encoder.encode(text);
    const textStart = header.length + NONCE_BYTES;
    const sealed = new Uint8Array(textStart + plain.length + TAG_BYTES);
    sealed.set(header);
    const nonce = crypto.getRandomValues(sealed.subarray(header.length, textStart));
    const cipher = createCipheriv("aes-256-gcm", withProof(sealing, proof), nonce);
    cipher.setAAD(encoder.encode(`${FORMAT}/${id}/${place}`));
    sealed.set(cipher.update(plain), textStart);
    cipher.final();
    sealed.set(cipher.getAuthTag(), textStart + plain.length);
    return sealed;
  }

  /** Tells whether the first key has sealed some bytes. */
  isCurrent(sealed: Uint8Array): boolean {
    return this.#first.header.every((byte, i) => sealed[i] === byte);
  }

  /**
   * Opens the result of {@linkcode Keyring.seal} for the same place and proof.
   *
   * @throws {SealError} when the bytes cannot be opened
   */
  open(sealed: Uint8Array, place: string, proof?: string): string {
    const key = this.#all.find(({ header }) => header.every((byte, i) => sealed[i] === byte));
    const nonceStart = key?.header.length ?? 0;
    const textStart = nonceStart + NONCE_BYTES;
    if (key === undefined || sealed.length < textStart + TAG_BYTES) {
      throw new SealError("Not sealed by a key of this ring");
    }
    const decipher = createDecipheriv(
      "aes-256-gcm",
      withProof(key.sealing, proof),
      sealed.subarray(nonceStart, textStart),
    );
    decipher.setAAD(encoder.encode(`${FORMAT}/${key.id}/${place}`));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    try {
      const plain = decipher.update(sealed.subarray(textStart, -TAG_BYTES));
      decipher.final();
      return plain.toString();
    } catch {
      throw new SealError("Sealed for another place or with another proof, or changed since");
    }
  }

  /**
   * Computes the blind indexes of a value: HMACs under which it can be looked up although it is not stored.
   *
   * @param kind Separates equal values of different kinds.
   * @returns One index for each key of the ring. A new record is stored under the first one.
   */
  blindIndexes(kind: string, value: string): [string, ...string[]] {
    const [first, ...others] = this.#all.map(({ indexing }) =>
      createHmac("sha256", indexing).update(`${kind}/${value}`).digest("base64url")
    );
    return [first ?? "", ...others];
  }
}

/** Reads the id of the key that sealed some bytes. Returns null when they are not sealed. */
export function keyIdOf(sealed: Uint8Array): string | null {
  const [format, length = 0] = sealed;
  if (format !== FORMAT || length === 0 || sealed.length < 2 + length + NONCE_BYTES + TAG_BYTES) return null;
  const id = new TextDecoder("latin1").decode(sealed.subarray(2, 2 + length));
  return KEY_ID.test(id) ? id : null;
}

/** Computes the SHA-256 of a secret in base64url, to be stored in its place. The secret must be long and random. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function derive(secret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, new Uint8Array(), purpose, 32));
}

function withProof(key: Buffer, proof: string | undefined): Buffer {
  return proof === undefined ? key : createHmac("sha256", key).update(proof).digest();
}
