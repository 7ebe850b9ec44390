/**
 * Reads `SIGNING_KEYS` and `ACCESS_TOKEN_AUDIENCES`, the settings of access tokens.
 *
 * @module
 */
import { z } from "zod";
import { publicPartOf, type SigningKey } from "../tokens/signing_keys.ts";

const MOST_KEYS = 8;
const MAKE_KEY = "make one with: deno task keys";

const part = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const jwk = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  kid: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  d: part,
  x: part.optional(),
  alg: z.enum(["EdDSA", "Ed25519"]).optional(),
  use: z.literal("sig").optional(),
});

/**
 * Reads `SIGNING_KEYS`: a JSON array of private JWKs.
 * @internal
 */
export const signingKeys = z.string().transform((text, context): readonly SigningKey[] => {
  const parsed = z.array(jwk).min(1).safeParse(parseJson(text));
  if (!parsed.success) {
    context.addIssue(`must be a JSON array of private Ed25519 JWKs with kty, crv, kid, d and x: ${MAKE_KEY}`);
    return z.NEVER;
  }
  const keys = parsed.data.map(({ kid, d, x }) => ({ kid, d, x: publicPartOf(d) ?? "", given: x }));
  if (keys.some(({ x, given }) => x === "" || (given !== undefined && given !== x))) {
    context.addIssue(`has a key whose x does not belong to its d: ${MAKE_KEY}`);
  }
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) context.addIssue("has two keys of one kid");
  if (keys.length > MOST_KEYS) {
    context.addIssue(`has more than ${MOST_KEYS} keys: drop those that signed long ago`);
  }
  return keys.map(({ kid, d, x }) => ({ kid, d, x }));
});

/**
 * Reads `ACCESS_TOKEN_AUDIENCES`: texts without spaces, separated by commas. The first is the default.
 * @internal
 */
export const audiences = z.string().transform((text, context): readonly string[] => {
  const list = text.split(",").map((audience) => audience.trim());
  if (list.some((audience) => !/^[\x21-\x2b\x2d-\x7e]{1,256}$/.test(audience))) {
    context.addIssue("must be audiences of 1 to 256 visible ASCII characters, comma-separated");
    return z.NEVER;
  }
  return list;
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
