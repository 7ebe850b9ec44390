/**
 * The model of the page `/docs`: operations in the order of their tags, and schemas as flat lists of fields. Both are read
 * from the OpenAPI document.
 *
 * @module
 */
import type { oas31 } from "openapi3-ts";

/**
 * A JSON Schema. Our schemas refer to others only by `$ref` and `allOf`.
 * @internal
 */
export type Schema =
  & Omit<oas31.SchemaObject, "allOf" | "items" | "properties">
  & Partial<oas31.ReferenceObject>
  & { allOf?: Schema[]; items?: Schema; properties?: Record<string, Schema> };

/**
 * A body of one media type.
 * @internal
 */
export interface MediaType extends oas31.MediaTypeObject {
  schema: Schema;
  examples?: Record<string, oas31.ExampleObject>;
}

/**
 * A parameter of a path, query or header.
 * @internal
 */
export interface Parameter extends oas31.ParameterObject {
  required: boolean;
  schema: Schema;
}

/**
 * A response of an operation.
 * @internal
 */
export interface OperationResponse extends oas31.ResponseObject {
  headers: Record<string, oas31.ReferenceObject>;
  content?: Record<string, MediaType>;
}

/**
 * An operation. Ours have all of these members. References occur only in schemas and for headers.
 * @internal
 */
export interface Operation extends oas31.OperationObject {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security: oas31.SecurityRequirementObject[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, MediaType> };
  responses: Record<string, OperationResponse>;
}

/**
 * The description of our API.
 * @internal
 */
export interface ApiDocument extends Omit<oas31.OpenAPIObject, "paths" | "webhooks"> {
  servers: oas31.ServerObject[];
  tags: oas31.TagObject[];
  info: oas31.InfoObject & { summary?: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; headers: Record<string, oas31.HeaderObject> };
}

/**
 * An operation with its method and path.
 * @internal
 */
export type PlacedOperation = Operation & {
  /** The method in capitals. */
  readonly method: string;
  /** The path with `{parameters}`. */
  readonly path: string;
};

/** A field of a body, such as `session.device.name`. */
export interface Field {
  /** The name, after the names of the objects around the field. */
  readonly name: string;
  /** The type and its bounds, in words. */
  readonly type: string;
  /** Whether the field is always there. */
  readonly required: boolean;
  /** The description of the field. */
  readonly description: string;
}

/** Lists the operations of a tag in the order of their declaration. @internal */
export function operationsOf({ paths }: ApiDocument, tag: string): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path }))
  );
}

/** Lists the fields of an object. The fields of an inner object follow it. @internal */
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

/** Describes the type and the bounds of a schema in words. @internal */
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

/** Follows the references of a schema, and merges the parts of `allOf`. */
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
