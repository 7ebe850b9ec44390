/**
 * Makes certificates as DER (RFC 5280), without a tool or a package.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { der, oid, sequence, toPem } from "../../lib/dev/simulator/der.ts";

/** A certificate and its key, both as PEM. */
export interface Certified {
  /** The certificate. */
  readonly cert: string;
  /** Its private key. */
  readonly key: string;
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

/** Makes an authority, and a certificate that it issues for an IPv4 address. */
export function certify(address: string): { readonly authority: string; readonly server: Certified } {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = { name: "Test authority", key: authority.privateKey };
  // Basic constraints: it may issue certificates. Alternative name: the address, one byte for each number.
  const mayIssue = extension([0x55, 0x1d, 0x13], sequence(der(0x01, Buffer.from([0xff]))));
  const isAt = extension(
    [0x55, 0x1d, 0x11],
    sequence(der(0x87, Buffer.from(address.split(".").map(Number)))),
  );
  return {
    authority: certificate(issuer, { name: issuer.name, key: authority.publicKey, extension: mayIssue }),
    server: {
      cert: certificate(issuer, { name: "Test server", key: server.publicKey, extension: isAt }),
      key: String(server.privateKey.export({ type: "pkcs8", format: "pem" })),
    },
  };
}

const ECDSA_WITH_SHA256 = sequence(oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
const COMMON_NAME = [0x55, 0x04, 0x03];

function certificate(
  issuer: Issuer,
  subject: { readonly name: string; readonly key: KeyObject; readonly extension: Buffer },
): string {
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from(crypto.getRandomValues(new Uint8Array(8)).with(0, 1))),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(timeOf(-1), timeOf(1)),
    nameOf(subject.name),
    subject.key.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(subject.extension)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", content, issuer.key)]);
  return toPem(sequence(content, ECDSA_WITH_SHA256, der(0x03, signature)));
}

function nameOf(name: string): Buffer {
  return sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from(name)))));
}

function timeOf(daysFromNow: number): Buffer {
  const iso = new Date(Date.now() + daysFromNow * 86_400_000).toISOString();
  return der(0x18, Buffer.from(`${iso.slice(0, 19).replace(/\D/g, "")}Z`));
}

function extension(id: number[], content: Buffer): Buffer {
  return sequence(oid(id), der(0x04, content));
}
