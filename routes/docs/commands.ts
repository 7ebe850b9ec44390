/**
 * The commands that the page `/docs` shows. Each works when it is pasted into a shell.
 *
 * @module
 */
import type { ApiDocument, PlacedOperation } from "./model.ts";

/** Returns a command that signs a device in, and puts its token into a variable of the shell. */
export function tokenCommand({ servers: [server] }: ApiDocument): string {
  return [
    `TOKEN=$(curl -s ${server?.url}/v1/sessions/amazon`,
    "-H 'Content-Type: application/json'",
    `-d '{"code":"new"}' | grep -o 'ocs_[A-Za-z0-9_-]*')`,
  ].join(" \\\n  ");
}

/** Returns a curl command that calls the operation. The token of a session comes from the variable `TOKEN`. */
export function curl({ servers: [server] }: ApiDocument, operation: PlacedOperation): string {
  const { method, path, security, parameters = [], requestBody } = operation;
  const url = parameters.filter((parameter) => parameter.in === "path")
    .reduce((url, { name, schema }) => url.replace(`{${name}}`, String(schema.example ?? name)), path);
  const headers = parameters.filter((parameter) => parameter.in === "header")
    .map(({ name, schema }) => `-H '${name}: ${schema.example}'`);
  const [[mediaType, { example: body }] = ["", { example: undefined }]] = Object.entries(
    requestBody?.content ?? {},
  );
  return [
    `curl -i${method === "GET" ? "" : ` -X ${method}`} ${server?.url}${url}`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...headers,
    ...(body === undefined ? [] : [`-H 'Content-Type: ${mediaType}'`, `-d '${show(body)}'`]),
  ].join(" \\\n  ");
}

/** Shows an example: a text as it is, and all else as JSON. */
export function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
