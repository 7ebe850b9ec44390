/**
 * Runs the console in the browser: plays the chosen scenario and shows the results.
 *
 * @module
 */
import { byId } from "./dom.ts";
import { now } from "./events.ts";
import { renderAccount, renderMails } from "./panels.ts";
import { closePhone } from "./phone.ts";
import { Play, type Stage } from "./play.ts";
import { cursorOf, type Key, keyOf, press, returnFocus, setCursor } from "./remote.ts";
import { type AppstoreMethod, type ConsentReading, scenarioOf } from "./scenarios.ts";
import { renderConsent, renderReceipts } from "./shop.ts";
import type { ConsoleState, Prepared } from "./state.ts";
import { merge, renderChart, renderEvents, summaryOf } from "./timeline.ts";

/** Milliseconds between two looks at the service while the customer waits, and while nobody does. */
const POLL_MS = 150;
const IDLE_POLL_MS = 1000;

const screen = byId("screen");
const customers = byId("customer") as HTMLSelectElement;
const receipts = byId("receipt") as HTMLSelectElement;
let play: Play;
/** The JSON of the value that each panel shows, by the panel's id. */
const shown = new Map<string, string>();
/** The number of actions that are running. */
let running = 0;
let lastLook = 0;

const stage: Stage = {
  show(of, content) {
    if (of !== play) return;
    const hadFocus = screen.contains(document.activeElement);
    screen.replaceChildren(content);
    document.body.dataset.screen = content.dataset.screen;
    const cursor = cursorOf(screen);
    setCursor(screen, cursor);
    if (hadFocus) (cursor ?? screen).focus();
  },
  async watch(work) {
    running++;
    byId("timeline").setAttribute("aria-busy", "true");
    try {
      await work();
    } finally {
      await refresh();
      if (--running === 0) byId("timeline").removeAttribute("aria-busy");
    }
  },
};

/** Starts again with a new TV. A choice that is not given is the scenario's own. */
async function begin(id: string, chosen: { customer?: string; receipt?: string } = {}): Promise<void> {
  const scenario = scenarioOf(id);
  customers.value = chosen.customer ?? scenario.customer;
  receipts.value = chosen.receipt ?? scenario.receipt;
  const [customer, receipt] = [customers.value, receipts.value];
  if (play) play.end();
  play = new Play({ scenario, customer, stage, fulfil });
  const radio = document.querySelector<HTMLInputElement>(`input[value="${scenario.id}"]`);
  if (radio) radio.checked = true;
  const { visit, person } = play;
  const request = { visit, scenario: scenario.id, customer, person, receipt };
  await play.begin(async () => await post("/dev/before", request) as Prepared);
}

async function fulfil(visit: string, receipt: string): Promise<void> {
  await post("/dev/receipts", { visit, receipt, action: "fulfill" });
}

async function refresh(): Promise<void> {
  const of = play;
  const { tv, visit } = of;
  lastLook = Date.now();
  const account = (await tv.client.session())?.account.id;
  const query = new URLSearchParams({ visit, ...(account === undefined ? {} : { account }) });
  const state: ConsoleState | null = await fetch(`/dev/state?${query}`).then((response) => response.json())
    .catch(() => null);
  if (of !== play) return;
  const events = merge(tv.events.list, state?.events ?? []);
  renderChart(byId("chart"), events, now());
  renderChanged("events", events, renderEvents);
  renderConsent(tv.appstore);
  byId("summary").textContent = state === null ? "The service does not answer" : summaryOf(events);
  if (state === null) return;
  tv.ahead = state.now - Date.now();
  byId("now").textContent = new Date(state.now).toISOString().slice(0, 16).replace("T", " ");
  renderChanged("account", state.account, renderAccount);
  renderChanged("mails", state.mails, renderMails);
  renderChanged("receipts", state.receipts, (list, sold) => renderReceipts(list, sold, act));
}

/** Renders a panel if its value has changed. Otherwise the panel stays as it is: unfolded, scrolled, selected. */
function renderChanged<T>(id: string, value: T, render: (panel: HTMLElement, value: T) => void): void {
  const text = JSON.stringify(value);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  render(byId(id), value);
}

/** Lets something happen to a receipt. */
function act(receipt: string, action: string): void {
  stage.watch(async () => void await post("/dev/receipts", { visit: play.visit, receipt, action }));
}

async function post(path: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path} answers ${response.status}`);
  return await response.json();
}

function choice(): string {
  return location.hash.slice(1);
}

document.addEventListener("keydown", (event) => {
  const key = keyOf(event, screen);
  if (key === undefined) return;
  event.preventDefault();
  press(screen, key);
});
screen.addEventListener("focusin", ({ target }) => {
  if (target !== screen) setCursor(screen, target as Element);
});
byId("remote").addEventListener("click", ({ target }) => {
  const key = (target as Element).closest<HTMLElement>("[data-key]")?.dataset.key;
  if (key === "home") begin(choice(), { customer: customers.value, receipt: receipts.value });
  else if (key === "restart") play.restart();
  else if (key === "phone") play.takePhone();
  else if (key) press(screen, key as Key);
});
byId("put-away").addEventListener("click", closePhone);
byId("scenarios").addEventListener("change", ({ target }) => {
  const { value } = target as HTMLInputElement;
  // The new TV is there at once, and not only when the browser has told of the new address.
  history.pushState(null, "", `#${value}`);
  begin(value);
});
for (const select of [customers, receipts]) {
  select.addEventListener(
    "change",
    () => begin(choice(), { customer: customers.value, receipt: receipts.value }),
  );
}
byId("later").addEventListener("click", ({ target }) => {
  const days = (target as Element).closest<HTMLElement>("[data-days]")?.dataset.days;
  if (days === undefined) return;
  stage.watch(async () => void await post("/dev/later", { visit: play.visit, days: Number(days) }));
});
byId("appstore").addEventListener("change", ({ target }) => {
  const { id, value } = target as HTMLSelectElement;
  if (id === "reading") play.tv.appstore.reading = value as ConsentReading;
  if (id === "silent") play.tv.appstore.silent = value === "" ? null : value as AppstoreMethod;
});
for (const [id, consent] of [["agree", "given"], ["disagree", "none"]] as const) {
  byId(id).addEventListener("click", () => {
    play.tv.appstore.setConsent(consent);
    void refresh();
  });
}
returnFocus(screen, ["scenarios", "who", "remote", "later", "appstore"].map(byId));
addEventListener("hashchange", () => begin(choice()));
setInterval(() => {
  if (running > 0 || (Date.now() - lastLook >= IDLE_POLL_MS && !document.hidden)) void refresh();
}, POLL_MS);
begin(choice());
