/**
 * Renders the page of the console. Its script fills in the rest.
 *
 * @module
 */
import { raw } from "hono/html";
import { CUSTOMERS } from "../../simulator/customers.ts";
import { RECEIPTS } from "../../simulator/receipt_scenarios.ts";
import { APPSTORE_METHODS, SCENARIOS } from "../browser/scenarios.ts";
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
/** What a customer can have bought: all that the simulator sells, and what the scenarios sell with a fault. */
const PURCHASES = [...new Set([...Object.keys(RECEIPTS), ...SCENARIOS.map(({ receipt }) => receipt)])]
  .filter((receipt) => receipt !== "");

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
          <div id="later" role="group" aria-label="The time of the service">
            <time id="now"></time>
            <button type="button" data-days="1">A day later</button>
            <button type="button" data-days="14">14 days later</button>
          </div>
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
            <div id="who">
              <label class="choice">
                <span>Customer</span>
                <select id="customer">
                  {Object.entries(CUSTOMERS).map(([name, { description }]) => (
                    <option value={name}>{`${name}: ${description.split(/[:,]/)[0]}`}</option>
                  ))}
                </select>
              </label>
              <label class="choice">
                <span>Has bought</span>
                <select id="receipt">
                  <option value="">nothing</option>
                  {PURCHASES.map((receipt) => <option value={receipt}>{receipt}</option>)}
                </select>
              </label>
            </div>
          </section>
          <section id="set" aria-label="The TV">
            <div id="tv">
              <div id="screen" tabindex={-1} role="group" aria-label="The screen of the TV"></div>
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
            <button type="button" class="take-phone" data-key="phone">Phone</button>
            <p>Arrow keys and Enter work too</p>
          </section>
          <section id="phone" aria-label="The phone" hidden>
            <div class="head">
              <h2>Phone</h2>
              <button type="button" id="put-away">Put it away</button>
            </div>
            <iframe id="phone-page" title="The page on the phone"></iframe>
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
          <section id="appstore" aria-labelledby="appstore-title">
            <div class="head">
              <h2 id="appstore-title">Appstore of the TV</h2>
            </div>
            <div class="body">
              <div class="part">
                <div class="buttons">
                  <p>
                    Consent: <output id="consent"></output>
                  </p>
                  <button type="button" id="agree">Agree</button>
                  <button type="button" id="disagree" title="As with Manage Login with Amazon">Remove</button>
                </div>
                <label class="choice">
                  <span>Used up by</span>
                  <select id="reading">
                    <option value="status">asking for the status</option>
                    <option value="code">asking for a code</option>
                  </select>
                </label>
                <label class="choice">
                  <span>Never answers</span>
                  <select id="silent">
                    <option value="">no method</option>
                    {APPSTORE_METHODS.map((method) => <option value={method}>{method}</option>)}
                  </select>
                </label>
              </div>
              <ul id="receipts" class="part" aria-label="Purchases"></ul>
            </div>
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
