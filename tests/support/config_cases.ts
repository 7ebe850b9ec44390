/**
 * Tables of environments, and the tests that are made of them.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { type Config, ConfigError, type Environment, parseConfig } from "../../lib/config/config.ts";

/** 32 bytes in base64. */
export const BASE64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/** The bytes of {@linkcode BASE64}. */
export const BYTES: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i);

/** The required variables and no others. */
export const LEAST: Environment = {
  AMAZON_CLIENT_ID: "foodev",
  AMAZON_CLIENT_SECRET: "foosecret",
  DATA_KEYS: `k1:${BASE64}`,
  PUBLIC_URL: "https://oneclick.example",
};

/** Variables added to {@linkcode LEAST}, and the settings that they change. */
export type Accepted = readonly [Environment, Partial<Config>];

/** Variables added to {@linkcode LEAST}, and the only fault that is found. */
export type Refused = readonly [Environment, string];

/** Makes a test of each environment that must be accepted. */
export function testAccepted(cases: readonly Accepted[]): void {
  for (const [env, expected] of cases) {
    Deno.test(`parseConfig accepts ${summary(env)}`, () => {
      assertEquals(parseConfig({ ...LEAST, ...env }), { ...parseConfig(LEAST), ...expected });
    });
  }
}

/** Makes a test of each environment that must be refused. */
export function testRefused(cases: readonly Refused[]): void {
  for (const [env, fault] of cases) {
    Deno.test(`parseConfig refuses ${summary(env)}`, () => {
      const error = assertThrows(() => parseConfig({ ...LEAST, ...env }), ConfigError);
      assertEquals(error.faults, [fault]);
      assertEquals(error.message, `The environment has 1 fault(s):\n  - ${fault}`);
    });
  }
}

function summary(env: Environment): string {
  const text = Object.entries(env).map(([name, value]) => `${name}=${value ?? ""}`).join(" ");
  return text.length > 100 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}
