/**
 * A certificate that signs itself, as DER (RFC 5280), without a tool or a package.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { der, oid, sequence, toPem } from "./der.ts";

/** A certificate and its key. */
export interface SelfSigned {
  /** The certificate as PEM. */
  readonly pem: string;
  /** Its private key. */
  readonly key: KeyObject;
}

const SHA256_WITH_RSA = sequence(
  oid([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]),
  der(0x05, Buffer.alloc(0)),
);
const COMMON_NAME = oid([0x55, 0x04, 0x03]);

/** Makes an RSA key of 2048 bits, and a certificate for it that is valid from 2020 to 2049. */
export function selfSign(name: string): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const issuer = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));
  const validity = sequence(
    ...["200101000000Z", "491231235959Z"].map((time) => der(0x17, Buffer.from(time))),
  );
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    SHA256_WITH_RSA,
    issuer,
    validity,
    issuer,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", content, privateKey)]);
  return {
    pem: toPem(sequence(content, SHA256_WITH_RSA, der(0x03, signature))),
    key: privateKey,
  };
}
