/**
 * What the page of the API's description needs of the document: operations in the order of their tags, and schemas
 * as flat lists of fields.
 *
 * @module
 */

/** A JSON Schema, as far as this API uses it. */
export interface Schema {
  /** Where it is said. */
  readonly $ref?: string;
  /** All of which hold. */
  readonly allOf?: readonly Schema[];
  /** Its JSON types. */
  readonly type?: string | readonly string[];
  /** Such as `date-time`. */
  readonly format?: string;
  /** Every value it may have. */
  readonly enum?: readonly unknown[];
  /** What it is for. */
  readonly description?: string;
  /** The fields of an object. */
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Those that are always there. */
  readonly required?: readonly string[];
  /** What an array holds. */
  readonly items?: Schema;
  /** Fewest characters. */
  readonly minLength?: number;
  /** Most characters. */
  readonly maxLength?: number;
  /** The least number. */
  readonly minimum?: number;
  /** The greatest number. */
  readonly maximum?: number;
  /** A value that fits. */
  readonly example?: unknown;
  /** What it is when it is absent. */
  readonly default?: unknown;
}

/** A body of one media type. */
export interface MediaType {
  /** What it looks like. */
  readonly schema: Schema;
  /** One that fits. */
  readonly example?: unknown;
  /** Several, by name. */
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;
}

/** A parameter of a path, query or header. */
export interface Parameter {
  /** What it is called. */
  readonly name: string;
  /** Where it stands. */
  readonly in: string;
  /** Whether it must be there. */
  readonly required: boolean;
  /** What it takes. */
  readonly schema: Schema;
}

/** One answer of an operation. */
export interface Answer {
  /** When it comes. */
  readonly description: string;
  /** By their names. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** By media type; absent when there is no body. */
  readonly content?: Readonly<Record<string, MediaType>>;
}

/** One operation. */
export interface Operation {
  /** Its stable name. */
  readonly operationId: string;
  /** Where it belongs. */
  readonly tags: readonly string[];
  /** In a few words. */
  readonly summary: string;
  /** In sentences. */
  readonly description: string;
  /** Empty when it needs no token. */
  readonly security: readonly unknown[];
  /** Of path, query and header. */
  readonly parameters?: readonly Parameter[];
  /** What is sent. */
  readonly requestBody?: { readonly content: Readonly<Record<string, MediaType>> };
  /** By status. */
  readonly responses: Readonly<Record<string, Answer>>;
}

/** The document, as far as the page shows it. */
export interface ApiDocument {
  /** About the API. */
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary?: string;
    readonly description?: string;
    readonly license?: { readonly name: string };
  };
  /** Where it is. */
  readonly servers: readonly { readonly url: string }[];
  /** In their order. */
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** Operations by path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  /** What is referred to. */
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly headers: Readonly<Record<string, { readonly description: string }>>;
  };
}

/** An operation with where it is. */
export type PlacedOperation = Operation & {
  /** In capitals. */
  readonly method: string;
  /** With `{parameters}`. */
  readonly path: string;
};

/** A field of a body: `session.device.name` is one. */
export interface Field {
  /** With the names of those that it is in. */
  readonly name: string;
  /** Type and bounds in words. */
  readonly type: string;
  /** Whether it is always there. */
  readonly required: boolean;
  /** What it is for. */
  readonly description: string;
}

/** The operations of a tag, in the order in which they are declared. */
export function operationsOf({ paths }: ApiDocument, tag: string): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path }))
  );
}

/** Every field of an object, those of its objects after it. */
export function fieldsOf(document: ApiDocument, schema: Schema, prefix = ""): Field[] {
  const { properties = {}, required = [] } = resolve(document, schema);
  return Object.entries(properties).flatMap(([key, property]) => {
    const field = resolve(document, property);
    const name = prefix + key;
    const inner = field.items === undefined ? field : resolve(document, field.items);
    return [
      {
        name,
        type: typeOf(document, field),
        required: required.includes(key),
        description: field.description ?? "",
      },
      ...fieldsOf(document, inner, `${name}${field.items === undefined ? "." : "[]."}`),
    ];
  });
}

/** Type and bounds of a schema in words. */
export function typeOf(document: ApiDocument, schema: Schema): string {
  const { type, format, enum: values, items, ...bounds } = resolve(document, schema);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (items !== undefined) return `array of ${typeOf(document, items)}s`;
  const types = [type ?? "any"].flat().join(" or ");
  return [
    format === undefined ? types : `${types}, ${format}`,
    rangeOf(bounds.minLength, bounds.maxLength, " characters"),
    rangeOf(bounds.minimum, bounds.maximum),
    bounds.default === undefined ? "" : `default ${bounds.default}`,
  ].filter(Boolean).join(", ");
}

function rangeOf(least?: number, most?: number, unit = ""): string {
  if (most === undefined) return least === undefined ? "" : `at least ${least}${unit}`;
  return least === undefined ? `up to ${most}${unit}` : `${least} to ${most}${unit}`;
}

function resolve(document: ApiDocument, schema: Schema): Schema {
  if (schema.$ref !== undefined) {
    const named = document.components.schemas[schema.$ref.slice("#/components/schemas/".length)] ?? {};
    return resolve(document, named);
  }
  if (schema.allOf === undefined) return schema;
  const parts = schema.allOf.map((part) => resolve(document, part));
  return {
    ...Object.assign({}, ...parts, { ...schema, allOf: undefined }),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  };
}
