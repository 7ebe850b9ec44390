/**
 * The page `/docs`: the API's description as HTML. The page runs no script and loads nothing else.
 *
 * @module
 */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import {
  type ApiDocument,
  type Field,
  fieldsOf,
  type OperationResponse,
  operationsOf,
  type Parameter,
  type PlacedOperation,
  typeOf,
} from "./model.ts";
import { STYLE } from "./style.ts";
import { contentPolicy } from "../http/palette.ts";

/**
 * Renders the page. It returns the HTML, and the content security policy that allows the page its own style and nothing
 * else.
 *
 * @param document The OpenAPI 3.1 document of this service.
 */
export async function renderDocs(document: ApiDocument): Promise<{ html: string; policy: string }> {
  return {
    html: `<!DOCTYPE html>${await Page({ document })}`,
    policy: contentPolicy(STYLE, { forms: false }),
  };
}

function Page({ document }: { document: ApiDocument }) {
  const { info, servers: [server], tags } = document;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{info.title} API</title>
        <style>{raw(STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#operations">Skip to the operations</a>
        <header>
          <h1>
            {info.title} <small>API {info.version}</small>
          </h1>
          <p class="lead">{info.summary}</p>
          <p>
            <Prose text={info.description ?? ""} />
          </p>
          <p class="facts">
            <code>{server?.url}</code>
            <a href="/openapi.json">openapi.json</a>
            <span>{info.license?.name} licence</span>
          </p>
        </header>
        <nav aria-label="Operations">
          {tags.map(({ name }) => (
            <>
              <h2>{name}</h2>
              <ul>
                {operationsOf(document, name).map((operation) => (
                  <li>
                    <a href={`#${operation.operationId}`}>
                      <Method operation={operation} /> <span class="path">{operation.path}</span>
                    </a>
                  </li>
                ))}
              </ul>
            </>
          ))}
        </nav>
        <main id="operations">
          {tags.map(({ name, description }) => (
            <section class="tag">
              <h2>{name}</h2>
              <p class="lead">{description}</p>
              {operationsOf(document, name).map((operation) => (
                <OperationCard document={document} operation={operation} />
              ))}
            </section>
          ))}
        </main>
      </body>
    </html>
  );
}

function OperationCard({ document, operation }: { document: ApiDocument; operation: PlacedOperation }) {
  const { operationId, path, summary, description, security, parameters = [], requestBody } = operation;
  const body = requestBody?.content["application/json"];
  const responses = Object.entries(operation.responses);
  return (
    <article id={operationId} aria-labelledby={`${operationId}-title`}>
      <h3 id={`${operationId}-title`}>
        <a href={`#${operationId}`}>{summary}</a>
      </h3>
      <p class="route">
        <Method operation={operation} /> <code>{path}</code>
        {security.length > 0 && <span class="pill">session token</span>}
      </p>
      <p>
        <Prose text={description} />
      </p>
      {parameters.length > 0 && (
        <Fields
          caption="Parameters"
          fields={parameters.map((parameter) => fieldOf(document, parameter))}
        />
      )}
      {body !== undefined && <Fields caption="Request body" fields={fieldsOf(document, body.schema)} />}
      <Sample caption="Request" text={curl(document, operation)} />
      {responses.filter(([status]) => status.startsWith("2")).map(([status, response]) => (
        <Success document={document} status={status} response={response} />
      ))}
      <h4>Problems</h4>
      {responses.filter(([status]) => !status.startsWith("2")).map(([status, response]) => (
        <Problems status={status} response={response} />
      ))}
    </article>
  );
}

function Success(
  { document, status, response }: { document: ApiDocument; status: string; response: OperationResponse },
) {
  const [[type, media] = []] = Object.entries(response.content ?? {});
  const fields = media === undefined ? [] : fieldsOf(document, media.schema);
  return (
    <>
      <h4>
        <span class="status good">{status}</span> {response.description}
      </h4>
      <ul class="headers">
        {Object.keys(response.headers).map((name) => (
          <li>
            <code>{name}</code> <Prose text={document.components.headers[name]?.description ?? ""} />
          </li>
        ))}
      </ul>
      {fields.length > 0 && (
        <details>
          <summary>Fields</summary>
          <Fields caption="Response" fields={fields} />
        </details>
      )}
      {media !== undefined && <Sample caption={type ?? ""} text={show(media.example)} />}
    </>
  );
}

function Problems({ status, response }: { status: string; response: OperationResponse }) {
  const examples = response.content?.["application/problem+json"]?.examples ?? {};
  const headers = Object.keys(response.headers).join(", ");
  return (
    <>
      {Object.entries(examples).map(([code, { summary, value }]) => (
        <details class="problem">
          <summary>
            <span class="status bad">{status}</span> <code>{code}</code> <span class="title">{summary}</span>
          </summary>
          <Sample caption={`application/problem+json · ${headers}`} text={show(value)} />
        </details>
      ))}
    </>
  );
}

function Fields({ caption, fields }: { caption: string; fields: Field[] }) {
  return (
    <table>
      <caption>{caption}</caption>
      <tbody>
        {fields.map(({ name, type, required, description }) => (
          <tr>
            <th scope="row">
              <code>{name}</code>
              {!required && <small>optional</small>}
            </th>
            <td>
              <small>{type}</small>
              <Prose text={description} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sample({ caption, text }: { caption: string; text: string }) {
  return (
    <figure>
      <figcaption>{caption}</figcaption>
      <pre tabindex={0}><code>{text}</code></pre>
    </figure>
  );
}

function Method({ operation: { method } }: { operation: PlacedOperation }) {
  return <span class={`method ${method.toLowerCase()}`}>{method}</span>;
}

/** Shows a text. Words between backticks are shown as code. */
function Prose({ text }: { text: string }) {
  const parts: Child[] = text.split("`").map((part, i) => i % 2 === 1 ? <code>{part}</code> : part);
  return <span>{parts}</span>;
}

function fieldOf(document: ApiDocument, { name, in: place, required, schema }: Parameter): Field {
  const type = `${place}, ${typeOf(document, schema)}`;
  return { name, type, required, description: schema.description ?? "" };
}

/** Returns a curl command that calls the operation. */
function curl({ servers: [server] }: ApiDocument, operation: PlacedOperation): string {
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
    ...(security.length > 0 ? ["-H 'Authorization: Bearer ocs_…'"] : []),
    ...headers,
    ...(body === undefined ? [] : [`-H 'Content-Type: ${mediaType}'`, `-d '${show(body)}'`]),
  ].join(" \\\n  ");
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
