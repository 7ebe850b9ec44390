/**
 * The schemas of stored records, each made when it is first needed. A start needs none of them, and all took a tenth of it.
 *
 * What shows a type of zod is marked `@internal`: see `routes/http/env.ts`.
 *
 * @module
 */
import { z } from "zod";

/** Checks that a stored value is a record of one shape. A zod schema is one. */
export interface Schema<T> {
  /** Returns the record, or throws when the value has another shape. */
  parse(stored: unknown): T;
}

/** The shape that a schema checks for. */
export type ShapeOf<S> = S extends Schema<infer T> ? T : never;

/**
 * A schema that is made when it is first needed.
 * @internal
 */
export class LaterSchema<S extends z.ZodType> implements Schema<z.output<S>> {
  readonly #make: () => S;
  #made: S | undefined;

  /** Keeps the function that makes it. */
  constructor(make: () => S) {
    this.#make = make;
  }

  /** The schema itself, to be a part of another one. */
  get made(): S {
    return this.#made ??= this.#make();
  }

  /** Returns the record, or throws a `ZodError` when the value has another shape. */
  parse(stored: unknown): z.output<S> {
    return this.made.parse(stored);
  }
}

/**
 * Makes a schema when it is first needed.
 * @internal
 */
export function later<S extends z.ZodType>(make: () => S): LaterSchema<S> {
  return new LaterSchema(make);
}

/**
 * Makes the schema of a stored object. A field that is not named here was added by a newer version of the service. It is
 * kept as it is, so that the next write of this version does not remove it. The type shows the named fields alone.
 * @internal
 */
export function record<Shape extends z.ZodRawShape>(shape: () => Shape): LaterSchema<z.ZodObject<Shape>> {
  return later(() => object(shape()));
}

/**
 * Makes the schema of an object within a stored one, as {@linkcode record} does.
 * @internal
 */
export function object<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape) as unknown as z.ZodObject<Shape>;
}
