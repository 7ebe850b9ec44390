/**
 * The key ring for data at rest. The first key seals and indexes; all of them open and are looked up under, so a
 * key is rotated by adding the new one behind the old everywhere, then moving it to the front.
 *
 * Sealing is AES-256-GCM with a random nonce; one key is good for 2^32 seals (NIST SP 800-38D, 8.3), about a
 * thousand million sign-ins. Native synchronous calls: for records of this size one WebCrypto promise costs more
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

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Thrown when sealed bytes cannot be opened: another place, another key, a changed byte, an unknown format. */
export class SealError extends Error {
  /** What a log calls it. */
  override name = "SealError";
}

const encoder = new TextEncoder();

interface DerivedKey {
  readonly id: string;
  /** What everything sealed by it begins with: the format, the length of the id, the id. */
  readonly header: Uint8Array;
  readonly sealing: Buffer;
  readonly indexing: Buffer;
}

/** Seals, opens and indexes with the keys it was made of. */
export class Keyring {
  readonly #first: DerivedKey;
  readonly #all: readonly DerivedKey[];

  /**
   * Derives a key to seal and a key to index from each.
   *
   * @param keys At least one; the first seals.
   * @throws {RangeError} when there is none.
   */
  constructor(keys: readonly DataKey[]) {
    this.#all = keys.map(({ id, secret }) => ({
      id,
      header: Uint8Array.of(FORMAT, id.length, ...encoder.encode(id)),
      sealing: derive(secret, "oneclick sealing"),
      indexing: derive(secret, "oneclick blind index"),
    }));
    const [first] = this.#all;
    if (first === undefined) throw new RangeError("A key ring needs a key");
    this.#first = first;
  }

  /**
   * Seals `text` for one place.
   *
   * @param place Where it will be stored; it opens nowhere else.
   * @param proof What else one must hold to open it, beside the key ring.
   */
  seal(text: string, place: string, proof?: string): Uint8Array<ArrayBuffer> {
    const { id, header, sealing } = this.#first;
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

  /**
   * Opens what {@linkcode Keyring.seal} made for the same place and with the same proof.
   *
   * @throws {SealError}
   */
  open(sealed: Uint8Array, place: string, proof?: string): string {
    const key = this.#all.find(({ header }) => header.every((byte, i) => sealed[i] === byte));
    const nonceStart = key?.header.length ?? 0;
    const textStart = nonceStart + NONCE_BYTES;
    if (key === undefined || sealed.length < textStart + TAG_BYTES) {
      throw new SealError(`Not sealed by a key of this ring`);
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
   * The names under which a value can be looked up without being stored: an HMAC under each key, the one to store
   * under first.
   *
   * @param kind Keeps equal values of different kinds apart.
   */
  blindIndexes(kind: string, value: string): [string, ...string[]] {
    const [first, ...others] = this.#all.map(({ indexing }) =>
      createHmac("sha256", indexing).update(`${kind}/${value}`).digest("base64url")
    );
    return [first ?? "", ...others];
  }
}

/** SHA-256 of a secret that is long and random, in base64url: what is stored in its place. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function derive(secret: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, new Uint8Array(), purpose, 32));
}

function withProof(key: Buffer, proof: string | undefined): Buffer {
  return proof === undefined ? key : createHmac("sha256", key).update(proof).digest();
}
