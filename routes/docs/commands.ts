/**
 * The commands that the page `/docs` shows. Each works when it is pasted into a shell.
 *
 * @module
 */
import { PASSWORD } from "../openapi/examples.ts";
import type { ApiDocument, PlacedOperation } from "./model.ts";

/** Returns a command that signs a customer up, and puts the token of the session into a variable of the shell. */
export function tokenCommand({ servers: [server] }: ApiDocument): string {
  const request = [
    `curl -s ${server?.url}/v1/accounts`,
    "-H 'Content-Type: application/json'",
    `-d '{"email":"vera+'$(date +%s)-$$'@example.com","password":"${PASSWORD}"}'`,
  ].join(" \\\n  ");
  return `TOKEN=$(${request} | grep -o 'ocs_[A-Za-z0-9_-]*')`;
}

/**
 * Returns a curl command that calls the operation. The token of a session comes from the variable `TOKEN`. The id of a
 * session is another one in each service, so it is looked up before.
 */
export function curl({ servers: [server] }: ApiDocument, operation: PlacedOperation): string {
  const { method, path, security, parameters = [], requestBody } = operation;
  const url = parameters.filter((parameter) => parameter.in === "path").reduce(
    (url, { name, schema }) => url.replace(`{${name}}`, String(schema.example ?? name)),
    path.replace("{session_id}", "$SESSION_ID"),
  );
  const headers = parameters.filter((parameter) => parameter.in === "header")
    .map(({ name, schema }) => `-H '${name}: ${schema.example}'`);
  const [[mediaType, { example: body }] = ["", { example: undefined }]] = Object.entries(
    requestBody?.content ?? {},
  );
  const command = [
    `curl -i${method === "GET" ? "" : ` -X ${method}`} ${server?.url}${url}`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...headers,
    ...(body === undefined ? [] : [`-H 'Content-Type: ${mediaType}'`, `-d '${show(body)}'`]),
  ].join(" \\\n  ");
  return url.includes("$SESSION_ID") ? `${sessionCommand(server?.url)}\n${command}` : command;
}

/** Returns a command that puts the id of the newest session into a variable of the shell. */
function sessionCommand(url: string | undefined): string {
  const request = `curl -s ${url}/v1/sessions -H "Authorization: Bearer $TOKEN"`;
  return `SESSION_ID=$(${request} | grep -o 'ses_[0-9a-f]*' | head -n 1)`;
}

/** Shows an example: a text as it is, and all else as JSON. */
export function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
