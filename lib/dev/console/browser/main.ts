/**
 * Runs the console in the browser: plays the chosen scenario and shows the results.
 *
 * @module
 */
import type { AmazonResult, PasswordResult } from "../../../client/mod.ts";
import { byId } from "./dom.ts";
import { now } from "./events.ts";
import { renderAccount, renderMails } from "./panels.ts";
import { cursorOf, type Key, keyOf, press, setCursor } from "./remote.ts";
import { scenarioOf } from "./scenarios.ts";
import { type Actions, type KnownCredentials, resultScreen, startScreen, waitingScreen } from "./screens.ts";
import type { ConsoleState } from "./state.ts";
import { merge, renderChart, renderEvents, summaryOf } from "./timeline.ts";
import { Tv } from "./tv.ts";

const POLL_MS = 150;

const screen = byId("screen");
const customers = byId("customer") as HTMLSelectElement;
let visit = "";
let tv: Tv;
let credentials: KnownCredentials = {};
/** The JSON of the value that each panel shows, by the panel's id. */
const shown = new Map<string, string>();
/** The number of actions that are running. */
let running = 0;

const actions: Actions = {
  open: () => signIn(() => tv.client.signInWithAmazon(tv.appstore)),
  signUp: (values) => signIn(() => tv.client.signUp(values)),
  signIn: ({ email, password }, ticket) =>
    signIn(() => tv.client.signIn({ email, password, ...(ticket === null ? {} : { link_ticket: ticket }) })),
  signOut: () =>
    whileWatching(async () => {
      await tv.client.signOut();
      show(startScreen(actions));
    }),
};

/** Starts again with a new TV. */
async function begin(id: string, customer?: string): Promise<void> {
  const scenario = scenarioOf(id);
  visit = crypto.randomUUID();
  const person = visit.replaceAll("-", "").slice(0, 16);
  customers.value = customer ?? scenario.customer;
  const choice = { scenario, customer: customers.value, person };
  tv = new Tv({ visit, ...choice });
  const chosen = document.querySelector<HTMLInputElement>(`input[value="${scenario.id}"]`);
  if (chosen) chosen.checked = true;
  show(startScreen(actions));
  const started = tv;
  await whileWatching(async () => {
    const known = await post("/dev/before", { ...choice, scenario: scenario.id }) as KnownCredentials;
    if (started === tv) credentials = known;
  });
}

/** Shows the waiting screen until there is a result, then the screen of the result. */
async function signIn(work: () => Promise<AmazonResult | PasswordResult>): Promise<void> {
  // The result belongs to this TV and not to a TV that is started meanwhile.
  const started = tv;
  await whileWatching(async () => {
    show(waitingScreen());
    const result = await work();
    if (started === tv) show(resultScreen(result, { actions, credentials }));
  });
}

/** Refreshes the panels again and again until some work is done. */
async function whileWatching(work: () => Promise<void>): Promise<void> {
  running++;
  byId("timeline").setAttribute("aria-busy", "true");
  const timer = setInterval(refresh, POLL_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await refresh();
    if (--running === 0) byId("timeline").removeAttribute("aria-busy");
  }
}

async function refresh(): Promise<void> {
  const account = (await tv.client.session())?.account.id;
  const query = new URLSearchParams({ visit, ...(account === undefined ? {} : { account }) });
  const started = tv;
  const state: ConsoleState = await (await fetch(`/dev/state?${query}`)).json();
  if (started !== tv) return;
  const events = merge(tv.events, state.events);
  renderChart(byId("chart"), events, now());
  renderChanged("events", events, renderEvents);
  renderChanged("account", state.account, renderAccount);
  renderChanged("mails", state.mails, renderMails);
  byId("summary").textContent = summaryOf(events);
}

/** Renders a panel if its value has changed. Otherwise the panel stays as it is: unfolded, scrolled, selected. */
function renderChanged<T>(id: string, value: T, render: (panel: HTMLElement, value: T) => void): void {
  const text = JSON.stringify(value);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  render(byId(id), value);
}

function show(content: HTMLElement): void {
  const hadFocus = screen.contains(document.activeElement);
  screen.replaceChildren(content);
  document.body.dataset.screen = content.dataset.screen;
  const cursor = cursorOf(screen);
  setCursor(screen, cursor);
  if (hadFocus) cursor?.focus();
}

async function post(path: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return await (await fetch(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

document.addEventListener("keydown", (event) => {
  const key = keyOf(event, screen);
  if (key === undefined) return;
  event.preventDefault();
  press(screen, key);
});
screen.addEventListener("focusin", ({ target }) => setCursor(screen, target as Element));
byId("remote").addEventListener("click", ({ target }) => {
  const key = (target as Element).closest<HTMLElement>("[data-key]")?.dataset.key;
  if (key === "home") begin(location.hash.slice(1), customers.value);
  else if (key === "restart") {
    tv.restartApp();
    actions.open();
  } else if (key) press(screen, key as Key);
});
byId("scenarios").addEventListener("change", ({ target }) => {
  location.hash = (target as HTMLInputElement).value;
});
customers.addEventListener("change", () => begin(location.hash.slice(1), customers.value));
addEventListener("hashchange", () => begin(location.hash.slice(1)));
begin(location.hash.slice(1));
