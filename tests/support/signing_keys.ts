/**
 * Keys that sign access tokens.
 *
 * @module
 */

/** Private JWKs, as `SIGNING_KEYS` has them: the two keys of RFC 8037, appendix A, and of RFC 8032, section 7.1, test 2. */
export const KEYS = [
  {
    kty: "OKP",
    crv: "Ed25519",
    kid: "2026-11",
    d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  },
  {
    kty: "OKP",
    crv: "Ed25519",
    kid: "2027-01",
    d: "TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs",
    x: "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
  },
] as const;

/** The keys of RFC 8037 and RFC 8032 in an order, as the variable `SIGNING_KEYS`. */
export function signingKeys(...keys: readonly (0 | 1)[]): string {
  return JSON.stringify(keys.map((i) => KEYS[i]));
}
