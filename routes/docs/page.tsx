/**
 * The page `/docs`: the API's description as HTML. The page loads nothing else, and can be read without its script.
 *
 * @module
 */
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
import type { ProblemCode } from "../../lib/base/problem.ts";
import { headersOf } from "../openapi/problems.ts";
import { curl, show } from "./commands.ts";
import { type DocsPage, frameDocs, Prose, Sample } from "./frame.tsx";
import { NextSteps, TryIt } from "./introduction.tsx";

/**
 * Renders the page. It returns the HTML, and the content security policy that allows the page its own style and
 * script, and nothing else.
 *
 * @param document The OpenAPI 3.1 document of this service.
 */
export function renderDocs(document: ApiDocument): Promise<DocsPage> {
  const title = `${document.info.title} API`;
  return frameDocs({ title, layout: "columns", body: <Body document={document} /> });
}

function Body({ document }: { document: ApiDocument }) {
  const { info, servers: [server], tags } = document;
  return (
    <>
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
        <h2>Read first</h2>
        <ul>
          <li>
            <a href="#try">Try it</a>
          </li>
          <li>
            <a href="#next">What a device does next</a>
          </li>
        </ul>
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
        <TryIt document={document} />
        <NextSteps />
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
    </>
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
  return (
    <>
      {Object.entries(examples).map(([code, { summary, value }]) => (
        <details class="problem">
          <summary>
            <span class="status bad">{status}</span> <code>{code}</code> <span class="title">{summary}</span>
          </summary>
          <p>
            <a href={`/problems/${code}`}>What it means, and who does what</a>
          </p>
          <Sample
            caption={["application/problem+json", "X-Request-Id", ...headersOf(code as ProblemCode)].join(
              " · ",
            )}
            text={show(value)}
          />
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

function Method({ operation: { method } }: { operation: PlacedOperation }) {
  return <span class={`method ${method.toLowerCase()}`}>{method}</span>;
}

function fieldOf(document: ApiDocument, { name, in: place, required, schema }: Parameter): Field {
  const type = `${place}, ${typeOf(document, schema)}`;
  return { name, type, required, description: schema.description ?? "" };
}
