/**
 * The description of the API, as tests read it.
 *
 * @module
 */
import type { ApiDocument } from "../../routes/docs/model.ts";
import type { TestService } from "./test_service.ts";

/** The document, with members that the page does not show. */
export type Described = ApiDocument & {
  openapi: string;
  components: { securitySchemes: Record<string, { type: string; scheme: string }> };
};

/** Asks a service for its description. */
export async function documentOf(service: TestService): Promise<Described> {
  return await (await service.request("/openapi.json")).json();
}

/** Lists the operations of a description, with their paths and methods. */
export function operationsOf({ paths }: ApiDocument) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation }))
  );
}
