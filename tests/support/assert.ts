/**
 * The functions of `@std/assert` that the tests use, made from `node:assert/strict`: some build networks do not reach
 * JSR, where the original is. `deno.json` maps the name; with `jsr:@std/assert@1` there the tests pass unchanged.
 *
 * @module
 */
import nodeAssert from "node:assert/strict";

/** Any constructor of errors, as the original takes it. */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every constructor
export type ErrorType<E extends Error> = abstract new (...args: any[]) => E;

/** Passes when `expr` is truthy. @throws {AssertionError} otherwise. */
export function assert(expr: unknown, msg = ""): asserts expr {
  nodeAssert.ok(expr, msg || "Expected a truthy value");
}

/** Passes when both are deeply equal, `NaN` equal to itself. @throws {AssertionError} otherwise. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, msg);
}

/** Passes when the two are not deeply equal. @throws {AssertionError} otherwise. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, msg);
}

/** Passes when `actual` contains `expected`. @throws {AssertionError} otherwise. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  nodeAssert.ok(
    actual.includes(expected),
    msg ?? `Expected ${JSON.stringify(actual)} to include ${expected}`,
  );
}

/** Passes when `actual` matches `expected`. @throws {AssertionError} otherwise. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  nodeAssert.match(actual, expected, msg);
}

/**
 * Passes when `fn` throws an `ErrorClass` whose message contains `msgIncludes`; returns the error.
 * @throws {AssertionError} otherwise.
 */
export function assertThrows<E extends Error>(
  fn: () => unknown,
  ErrorClass: ErrorType<E>,
  msgIncludes = "",
): E {
  try {
    fn();
  } catch (error) {
    return checked(error, ErrorClass, msgIncludes);
  }
  return nodeAssert.fail("Expected function to throw");
}

/**
 * Passes when `fn` rejects with an `ErrorClass` whose message contains `msgIncludes`; resolves to the error.
 * @throws {AssertionError} otherwise.
 */
export async function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorType<E>,
  msgIncludes = "",
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checked(error, ErrorClass, msgIncludes);
  }
  return nodeAssert.fail("Expected function to reject");
}

function checked<E extends Error>(
  error: unknown,
  ErrorClass: ErrorType<E>,
  part: string,
): E {
  nodeAssert.ok(error instanceof ErrorClass, `Expected ${ErrorClass.name}, got ${error}`);
  assertStringIncludes(error.message, part);
  return error;
}
