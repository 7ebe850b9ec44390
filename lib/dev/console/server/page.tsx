/**
 * Renders the page of the console. Its script fills in the rest.
 *
 * @module
 */
import { raw } from "hono/html";
import { CUSTOMERS } from "../../simulator/customers.ts";
import { SCENARIOS } from "../browser/scenarios.ts";
import { CONSOLE_STYLE } from "./style.ts";

const LANES = [
  ["device", "TV app"],
  ["service", "Oneclick"],
  ["amazon", "Amazon"],
  ["kv", "Deno KV"],
] as const;
const KEYS = [
  ["up", "Up", "▲"],
  ["left", "Left", "◀"],
  ["ok", "OK", "OK"],
  ["right", "Right", "▶"],
  ["down", "Down", "▼"],
] as const;

/**
 * Renders the page.
 *
 * @internal
 */
export function ConsolePage() {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="dark" />
        <title>Oneclick development console</title>
        <link rel="icon" href="data:," />
        <style>{raw(CONSOLE_STYLE)}</style>
        <script type="module" src="/dev/modules/lib/dev/console/browser/main.ts"></script>
      </head>
      <body>
        <header>
          <h1>
            Oneclick <span>development console</span>
          </h1>
          <nav aria-label="More">
            <a href="/docs">API</a>
            <a href="/dev/mail">Mailbox</a>
          </nav>
        </header>
        <main>
          <section id="choice" aria-labelledby="choice-title">
            <h2 id="choice-title">What happens</h2>
            <fieldset id="scenarios">
              <legend>Scenario</legend>
              {SCENARIOS.map(({ id, title, hint }) => (
                <label>
                  <input type="radio" name="scenario" value={id} />
                  <span class="title">{title}</span>
                  <span class="hint">{hint}</span>
                </label>
              ))}
            </fieldset>
            <label class="customer">
              <span>Customer</span>
              <select id="customer">
                {Object.entries(CUSTOMERS).map(([name, { description }]) => (
                  <option value={name}>{`${name}: ${description.split(/[:,]/)[0]}`}</option>
                ))}
              </select>
            </label>
          </section>
          <section id="set" aria-label="The TV">
            <div id="tv">
              <div id="screen" role="group" aria-label="The screen of the TV"></div>
            </div>
            <div class="foot" aria-hidden="true"></div>
          </section>
          <section id="remote" aria-label="The remote">
            <span class="eye" aria-hidden="true"></span>
            <div class="ring">
              {KEYS.map(([key, name, sign]) => (
                <button type="button" data-key={key} aria-label={name}>
                  <span aria-hidden="true">{sign}</span>
                </button>
              ))}
            </div>
            <div class="pair">
              <button type="button" data-key="home" aria-label="Start again: the TV forgets everything">
                <span aria-hidden="true">⌂</span>
              </button>
              <button type="button" data-key="restart" aria-label="Close the app and open it again">
                <span aria-hidden="true">↻</span>
              </button>
            </div>
            <p>Arrow keys and Enter work too</p>
          </section>
          <section id="timeline" aria-labelledby="timeline-title">
            <div class="head">
              <h2 id="timeline-title">Timeline</h2>
              <ul class="lanes">
                {LANES.map(([lane, name]) => <li key={lane} data-lane={lane}>{name}</li>)}
              </ul>
              <output id="summary"></output>
            </div>
            <div id="chart" aria-hidden="true"></div>
            <ol id="events" tabindex={0} aria-label="What happened, in order"></ol>
          </section>
          <section id="stored" aria-labelledby="stored-title">
            <div class="head">
              <h2 id="stored-title">Account as stored</h2>
            </div>
            <div id="account" tabindex={0} role="group" aria-label="Account"></div>
          </section>
          <section id="mailbox" aria-labelledby="mailbox-title">
            <div class="head">
              <h2 id="mailbox-title">Mailbox</h2>
              <a href="/dev/mail">All</a>
            </div>
            <ul id="mails"></ul>
          </section>
        </main>
      </body>
    </html>
  );
}
