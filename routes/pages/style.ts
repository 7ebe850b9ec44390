/**
 * The style of the pages for customers.
 *
 * @module
 */
import { PALETTE } from "../http/palette.ts";

/** The whole CSS of the pages. It serves light and dark, and screens from a phone to a TV three metres away. */
export const STYLE = `${PALETTE}
* { box-sizing: border-box; }
html { font-size: 106.25%; -webkit-text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  display: flex;
  flex-direction: column;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: anywhere;
}
.brand, main, footer { width: 100%; max-width: 34rem; margin: 0 auto; padding: 0 1.25rem; }
.brand {
  display: flex;
  align-items: center;
  padding-top: 1.5rem;
  font-weight: 650;
  letter-spacing: -.01em;
}
.mark {
  flex: none;
  width: 2.1rem;
  height: 2.1rem;
  margin-right: .7rem;
  border-radius: .6rem;
  border: 1px solid var(--brand-edge, transparent);
  background: var(--brand, var(--link));
  color: var(--on-brand, var(--over));
  line-height: 2rem;
  text-align: center;
}
.logo { flex: none; height: 2.1rem; max-width: 10rem; margin-right: .7rem; object-fit: contain; }
footer { padding-bottom: 1.75rem; }
main { flex: 1; padding-top: 2.25rem; padding-bottom: 3rem; }
h1 { margin: 0 0 .6rem; font-size: 1.85rem; line-height: 1.2; letter-spacing: -.025em; font-weight: 700; text-wrap: balance; }
h2 { margin: 0 0 .35rem; font-size: 1.05rem; line-height: 1.4; }
p { margin: 0 0 1rem; }
.lead { margin-bottom: 1.75rem; color: var(--soft); font-size: 1.1rem; line-height: 1.55; }
.lead strong { color: var(--text); font-weight: 600; }
.soft { color: var(--soft); }
a { color: var(--link); text-underline-offset: .2em; }
:focus { outline: 3px solid var(--link); outline-offset: 3px; }
.card {
  margin: 0 0 1.5rem;
  padding: 1.6rem 1.5rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1rem;
}
.card > :last-child { margin-bottom: 0; }
.field { margin: 0 0 1.4rem; }
label { display: block; font-weight: 600; }
.hint { margin: .1rem 0 .45rem; color: var(--soft); font-size: .925rem; line-height: 1.5; }
.fault { margin: .1rem 0 .45rem; color: var(--bad); font-size: .95rem; font-weight: 600; }
.text {
  display: block;
  width: 100%;
  margin-top: .35rem;
  padding: .7rem .85rem;
  border: 1px solid var(--edge);
  border-radius: .65rem;
  background: var(--page);
  color: var(--text);
  font: inherit;
}
.text[aria-invalid] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
.text:focus, button:focus { outline-offset: 2px; }
.choice { display: flex; align-items: flex-start; }
.choice input { flex: none; width: 1.45rem; height: 1.45rem; margin: .1rem .8rem 0 0; accent-color: var(--link); }
.choice .hint { margin-bottom: 0; }
.sides > button { margin-bottom: 1.5rem; }
button {
  display: block;
  width: 100%;
  padding: .85rem 1.25rem;
  border: 1px solid var(--brand-edge, transparent);
  border-radius: .65rem;
  background: var(--brand, var(--link));
  color: var(--on-brand, var(--over));
  font: inherit;
  font-weight: 650;
  cursor: pointer;
}
button.second { margin-top: .9rem; border-color: var(--edge); background: var(--card); color: var(--text); }
button + .hint { margin-top: .45rem; }
[role=switch] {
  width: auto;
  margin: -.35rem 0 1rem;
  padding: .2rem 0;
  border: 0;
  background: none;
  color: var(--text);
  font-weight: 600;
  text-align: left;
}
[role=switch]::before {
  content: "";
  display: inline-block;
  width: 1.45rem;
  height: 1.45rem;
  margin-right: .8rem;
  border: 1px solid var(--edge);
  border-radius: .3rem;
  background: var(--page);
  line-height: 1.45rem;
  text-align: center;
  vertical-align: bottom;
}
[role=switch][aria-checked=true]::before { content: "✓"; }
button:hover { filter: brightness(1.12); }
button.danger { border-color: transparent; background: var(--bad); color: var(--over); }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); border: 0; padding: 0; }
.summary {
  margin: 0 0 1.25rem;
  padding: .7rem 1.1rem;
  border: 2px solid var(--bad);
  border-radius: .8rem;
  background: var(--card);
}
h1 + .summary, h1 + .columns, h1 + .card { margin-top: 1.35rem; }
.summary h2, .summary p { margin: 0; }
.summary ul { margin: 0; padding: 0; list-style: none; }
.summary a { color: var(--bad); font-weight: 600; }
.sign {
  width: 3.2rem;
  height: 3.2rem;
  margin: 0 0 1.25rem;
  border-radius: 50%;
  color: var(--over);
  font-size: 1.6rem;
  line-height: 3.2rem;
  text-align: center;
}
.sign.good { background: var(--good); }
.sign.bad { background: var(--bad); }
.sign.plain { background: var(--soft); }
.card form { margin-top: 1.5rem; }
summary { font-weight: 600; font-size: 1.05rem; cursor: pointer; }
.tv .code { font-size: 1.5rem; letter-spacing: .08em; white-space: nowrap; }
.warning { padding-left: .9rem; border-left: 4px solid var(--bad); font-weight: 600; }
.card > * + h2 { margin-top: 1.4rem; }
.list { margin: 0; padding: 0; list-style: none; }
.list li { padding: .75rem 0; border-top: 1px solid var(--line); line-height: 1.45; }
.list span { display: block; color: var(--soft); font-size: .9rem; }
.points { margin: 0 0 1rem; padding-left: 1.2rem; }
.points li { margin-bottom: .5rem; }
@media (max-width: 24rem) { .card { padding: 1.35rem 1.1rem; } }
@media (min-width: 64rem), (min-width: 59rem) and (max-height: 36rem) {
  .wide .brand, .wide main, .wide footer { max-width: 66rem; }
  .columns { display: flex; align-items: flex-start; }
  .columns > * { flex: 1 1 0; min-width: 0; }
  .columns > * + * { margin-left: 1.75rem; }
  .columns > .tv { flex: 0 0 24rem; }
  .pairs { display: grid; grid-template-columns: 1fr 1fr; grid-column-gap: 1.2rem; align-items: end; }
  .pairs > [data-show], .pairs > button { grid-column: 1 / -1; }
  .sides { display: grid; grid-template-columns: 1fr 1fr; grid-template-rows: auto 1fr; grid-column-gap: 1.75rem; }
  .sides > * { align-self: start; min-width: 0; }
  .sides > section { grid-column: 2; grid-row: 1 / span 2; }
  .sides > button { grid-column: 1; grid-row: 2; }
  .brand { padding-top: 2.5rem; }
  main { padding-top: 3rem; }
}
/* A TV: far away, wide and low. Some count 1920 pixels, some 1280, and some 960. */
@media (min-width: 112rem) { html { font-size: 168%; } }
@media (min-width: 59rem) and (max-width: 63.99rem) and (max-height: 36rem) { html { font-size: 82%; } }
@media (min-width: 112rem), (min-width: 59rem) and (max-height: 50rem) {
  body { line-height: 1.5; }
  .brand { padding-top: 1.4rem; }
  main { padding-top: 1.6rem; }
  .lead { margin-bottom: 1.1rem; }
  .card { padding: 1.25rem 1.4rem; }
  .field { margin-bottom: 1.05rem; }
  .card form { margin-top: .9rem; }
  h1 + .summary { margin-top: .9rem; }
  /* The fault stands at its field, which has the focus. */
  .summary h2, .summary p { display: inline; }
  .summary h2::after { content: ". "; }
  .summary ul, .faulty .hint { display: none; }
}
@media (prefers-reduced-motion: no-preference) { button { transition: filter .15s; } }
@media (forced-colors: active) { .sign, .mark, button { border: 1px solid; } }
`;
