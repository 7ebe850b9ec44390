/**
 * What the page `/docs` says before its operations.
 *
 * @module
 */
import type { Child } from "hono/jsx";
import { NEXT_STEPS } from "../openapi/next_steps.ts";
import { tokenCommand } from "./commands.ts";
import { Prose, Sample } from "./frame.tsx";
import type { ApiDocument } from "./model.ts";

/**
 * Says how the commands of the page are run.
 * @internal
 */
export function TryIt({ document }: { readonly document: ApiDocument }): Child {
  return (
    <section class="tag" id="try">
      <h2>Try it</h2>
      <p class="lead">
        <Prose text="Every command works in a shell. Those for a signed-in device need the token of a session in `TOKEN`." />
      </p>
      <article>
        <p>
          <Prose text="This signs a new customer up and keeps the token of the session. Paste it again after a command that ends the session. `DELETE /v1/account` removes the customer." />
        </p>
        <Sample caption="A token for the commands below" text={tokenCommand(document)} />
        <p>
          <Prose text="A code of the Appstore works once. Beside `deno task dev`, the code of the examples and the code `new` work again and again. Tickets and receipts of the examples are made up, and so is the signature of the notification: put your own in their place." />
        </p>
      </article>
    </section>
  );
}

/**
 * Explains the `next` of problems.
 * @internal
 */
export function NextSteps(): Child {
  return (
    <section class="tag" id="next">
      <h2>What a device does next</h2>
      <p class="lead">
        <Prose text="Every failure is a problem. A device reads its `next`, and need not know its `code`." />
      </p>
      <article>
        <table>
          <caption>
            <code>next</code>
          </caption>
          <tbody>
            {Object.entries(NEXT_STEPS).map(([next, step]) => (
              <tr>
                <th scope="row">
                  <code>{next}</code>
                </th>
                <td>
                  <Prose text={step} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </article>
    </section>
  );
}
