/**
 * Renders the timeline: a chart with one lane for each part of the system, and a list of events to unfold. Runs in the
 * browser.
 *
 * @module
 */
import { element } from "./dom.ts";
import type { Lane, TimelineEvent } from "./events.ts";

const LANES: readonly Lane[] = ["device", "service", "amazon", "kv"];
const MIN_SPAN_MS = 60;

/** Merges the events of the device and those of the service, in the order of their starts. */
export function merge(device: readonly TimelineEvent[], service: readonly TimelineEvent[]): TimelineEvent[] {
  return [...device, ...service].sort((a, b) =>
    a.start - b.start || LANES.indexOf(a.lane) - LANES.indexOf(b.lane)
  );
}

/**
 * Renders the lanes with a bar for each event.
 *
 * @param now Milliseconds since the epoch. The bar of a running event ends here.
 */
export function renderChart(chart: HTMLElement, events: readonly TimelineEvent[], now: number): void {
  const { start, span } = rangeOf(events, now);
  const step = stepOf(span);
  const ticks = Array.from({ length: Math.floor(span * 0.96 / step) + 1 }, (_, i) => i * step);
  chart.replaceChildren(
    ...ticks.map((ms) => {
      const tick = element("span", { class: "tick" }, ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);
      tick.style.left = `${(ms / span) * 100}%`;
      return tick;
    }),
    ...LANES.map((lane) =>
      element(
        "div",
        { class: "lane", "data-lane": lane },
        ...events.filter((event) => event.lane === lane).map((event) => barOf(event, { start, span })),
      )
    ),
  );
}

/** Renders the events as a list. Unfolded rows stay unfolded, and the focus stays on its row. */
export function renderEvents(list: HTMLElement, events: readonly TimelineEvent[]): void {
  const range = rangeOf(events);
  const before = Array.from(list.querySelectorAll("details"));
  const focused = before.findIndex((details) => details.contains(document.activeElement));
  list.replaceChildren(
    ...events.map((event, i) => rowOf(event, { ...range, open: before[i]?.open ?? false })),
  );
  list.querySelectorAll("summary").item(focused)?.focus();
}

/** Returns a summary of the timeline: the whole time and the number of requests. */
export function summaryOf(events: readonly TimelineEvent[]): string {
  const count = (lane: Lane) => events.filter((event) => event.lane === lane && event.end !== null).length;
  if (events.length === 0) return "Press OK on the remote";
  const { span } = rangeOf(events);
  const parts = [
    `${count("service")} to the service`,
    `${count("amazon")} to Amazon`,
    `${count("kv")} to KV`,
  ];
  return `${duration(span)} · ${parts.join(" · ")}`;
}

interface Range {
  readonly start: number;
  readonly span: number;
}

function rangeOf(events: readonly TimelineEvent[], now = 0): Range {
  const start = Math.min(...events.map((event) => event.start));
  const end = Math.max(...events.map((event) => event.end ?? Math.max(event.start, now)));
  return events.length === 0
    ? { start: 0, span: MIN_SPAN_MS }
    : { start, span: Math.max(MIN_SPAN_MS, end - start) };
}

function stepOf(span: number): number {
  return [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].find((step) => span / step <= 8) ?? 30_000;
}

function rowOf(event: TimelineEvent, { open, ...range }: Range & { readonly open: boolean }): HTMLElement {
  const { lane, title, status, ok, request, response, end, start } = event;
  const state = end === null ? "…" : status;
  const track = element("span", { class: "track", "aria-hidden": "true" }, barOf(event, range));
  return element(
    "li",
    { "data-lane": lane, "data-ok": String(ok) },
    element(
      "details",
      { open },
      element(
        "summary",
        {},
        element("span", { class: "at" }, `+${Math.max(0, Math.round(start - range.start))}`),
        element("span", { class: "dot", "aria-hidden": "true" }),
        element("span", { class: "what" }, title),
        element("span", { class: "status" }, state),
        track,
        element("span", { class: "ms" }, end === null || end === start ? "" : duration(end - start)),
      ),
      part("Request", request),
      part("Response", response),
    ),
  );
}

function part(name: string, value: unknown): HTMLElement | null {
  if (value === null || value === undefined) return null;
  return element("div", { class: "part" }, element("p", {}, name), json(value));
}

/** Returns an element with a value as indented JSON. */
export function json(value: unknown): HTMLElement {
  return element("pre", {}, JSON.stringify(value, null, 2));
}

function barOf({ lane, start, end, ok, pause = false }: TimelineEvent, range: Range): HTMLElement {
  const bar = element("span", {
    class: pause ? "bar pause" : "bar",
    "data-lane": lane,
    "data-ok": String(ok),
  });
  const left = ((start - range.start) / range.span) * 100;
  bar.style.left = `${Math.min(99.2, left)}%`;
  bar.style.width = `${Math.max(0, (((end ?? range.start + range.span) - start) / range.span) * 100)}%`;
  return bar;
}

function duration(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
