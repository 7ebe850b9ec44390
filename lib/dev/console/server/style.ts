/**
 * Defines the style of the console, which looks like a living room in the evening.
 *
 * @module
 */
import { TV_STYLE } from "./tv_style.ts";

/** The whole CSS of the console, for every width from a phone to a wide screen. */
export const CONSOLE_STYLE = `
:root {
  color-scheme: dark;
  --room: #0d0f16;
  --wall: #151925;
  --card: #161a25;
  --sunk: #10131c;
  --line: #262c3b;
  --text: #edeef3;
  --soft: #a0a8ba;
  --accent: #ffb65c;
  --device: #7cc4ff;
  --service: #ffb65c;
  --amazon: #ff8fa3;
  --kv: #7fe0b5;
  --bad: #ff9f8f;
  --sans: "Inter", "Segoe UI", "Helvetica Neue", Helvetica, Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  padding: 0 1.5rem 1.25rem;
  background:
    radial-gradient(60rem 34rem at 46% 12rem, #2a2438 0%, #1a1b29 45%, transparent 75%),
    var(--room);
  color: var(--text);
  font: .875rem/1.5 var(--sans);
}
a { color: var(--soft); text-underline-offset: .2em; }
a:hover { color: var(--text); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .35rem; }
button, select, input { font: inherit; }
header, main { width: 100%; max-width: 112rem; margin: 0 auto; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1rem; padding: .7rem .25rem .6rem; }
h1 { margin: 0; font-size: 1.15rem; font-weight: 700; letter-spacing: -.01em; }
h1 span { margin-left: .4rem; color: var(--soft); font-weight: 400; }
#later { display: flex; align-items: center; gap: .5rem; margin-left: auto; }
#now { color: var(--soft); font: .78rem var(--mono); }
header nav { display: flex; gap: 1.25rem; }
header nav a { padding: .2rem 0; }
h2 { margin: 0; font-size: .875rem; font-weight: 650; letter-spacing: -.005em; }
main {
  display: grid;
  grid-template-columns: 15.5rem minmax(0, 1fr) 8rem 19.5rem;
  grid-template-rows: auto auto auto;
  grid-template-areas: "choice set remote stored" "choice appstore appstore stored" "timeline timeline timeline mailbox";
  gap: 1rem 1.25rem;
}
#choice { grid-area: choice; }
#set { grid-area: set; }
#remote { grid-area: remote; }
#timeline { grid-area: timeline; }
#stored { grid-area: stored; }
#appstore { grid-area: appstore; }
#mailbox { grid-area: mailbox; }
#phone { grid-area: 1 / 4 / 3 / 5; }
[hidden], [data-phone] #stored { display: none !important; }
#timeline, #stored, #appstore, #mailbox, #phone {
  display: flex;
  flex-direction: column;
  min-height: 0;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: .8rem;
  overflow: hidden;
}
.head { display: flex; align-items: baseline; gap: 1.25rem; padding: .7rem 1rem .55rem; }
.head a, #summary { margin-left: auto; color: var(--soft); font-size: .8125rem; }
.empty { margin: 0; padding: .25rem 1rem 1rem; color: var(--soft); }

.head button, .buttons button, #later button {
  padding: .15rem .6rem;
  border: 1px solid var(--line);
  border-radius: 1rem;
  background: #232938;
  color: var(--text);
  font-size: .78rem;
  cursor: pointer;
}
.head button:hover, .buttons button:hover, #later button:hover { background: #30384c; }
.head button { margin-left: auto; }
.buttons { display: flex; flex-wrap: wrap; gap: .35rem; }

#choice h2 { padding: .1rem .75rem .4rem; }
#scenarios { margin: 0; padding: 0; border: 0; }
legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
#scenarios label { display: block; position: relative; padding: .06rem .75rem; border-radius: .5rem; cursor: pointer; }
#scenarios label:hover { background: #1c2130; }
#scenarios label:has(:checked) { background: #262438; box-shadow: inset 2px 0 0 var(--accent); }
#scenarios label:has(:focus-visible) { outline: 2px solid var(--accent); }
#scenarios input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
.title { display: block; }
:checked ~ .title { font-weight: 700; }
.hint { display: none; color: var(--soft); font-size: .78rem; line-height: 1.35; padding-bottom: .1rem; }
label:has(:checked) .hint { display: block; }
#who { display: grid; gap: .35rem; margin-top: .4rem; padding: 0 .75rem; }
.choice { display: grid; grid-template-columns: 5.6rem minmax(0, 1fr); align-items: center; color: var(--soft); font-size: .8rem; }
select {
  width: 100%;
  padding: .25rem .4rem;
  background: var(--sunk);
  color: var(--text);
  border: 1px solid var(--line);
  border-radius: .5rem;
  text-overflow: ellipsis;
}

.lanes { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 0; padding: 0; list-style: none; color: var(--soft); font-size: .8125rem; }
.lanes li::before { content: ""; display: inline-block; width: .55rem; height: .55rem; margin-right: .45rem; border-radius: 50%; background: var(--lane); }
[data-lane="device"] { --lane: var(--device); }
[data-lane="service"] { --lane: var(--service); }
[data-lane="amazon"] { --lane: var(--amazon); }
[data-lane="kv"] { --lane: var(--kv); }
#chart { position: relative; flex: none; margin: 0 1rem; padding-top: 1.15rem; }
.lane { position: relative; height: .8rem; border-top: 1px solid #1f2432; }
.lane:last-child { border-bottom: 1px solid #1f2432; }
.tick { position: absolute; top: 0; bottom: 0; padding-left: .3rem; border-left: 1px solid #1f2432; color: #8d95a8; font-size: .7rem; line-height: 1; white-space: nowrap; }
.bar { position: absolute; top: .15rem; height: .5rem; min-width: 4px; border-radius: 2px; background: var(--lane); }
.bar[data-ok="false"] { background: repeating-linear-gradient(135deg, var(--lane) 0 3px, #5a2b33 3px 6px); }
.bar.pause { background: repeating-linear-gradient(90deg, var(--lane) 0 2px, transparent 2px 7px); opacity: .6; }
#events { margin: .4rem 0 0; padding: 0 0 .4rem; list-style: none; overflow: auto; max-height: 22rem; scrollbar-width: thin; scrollbar-color: #3a4256 transparent; }
#events summary {
  display: grid;
  grid-template-columns: 3.4rem .55rem minmax(0, 6fr) 6.5rem minmax(3rem, 5fr) 4.5rem;
  gap: 0 .8rem;
  align-items: center;
  min-height: 1.5rem;
  padding: 0 1rem;
  list-style: none;
  cursor: pointer;
}
#events summary::-webkit-details-marker { display: none; }
#events summary:hover, #events details[open] > summary { background: #1c2130; }
#events summary:focus-visible { outline-offset: -2px; }
.at, .ms { color: var(--soft); font: .75rem var(--mono); text-align: right; }
.dot { width: .55rem; height: .55rem; border-radius: 50%; background: var(--lane); }
.what { overflow: hidden; font: .8rem/1.5 var(--mono); white-space: nowrap; text-overflow: ellipsis; }
[data-lane="amazon"] .what, [data-lane="kv"] .what { padding-left: 1.1rem; }
details[open] .what, details[open] .status { white-space: normal; overflow-wrap: anywhere; }
.status { overflow: hidden; color: #a9e5c4; font: .78rem/1.5 var(--mono); white-space: nowrap; text-overflow: ellipsis; }
[data-ok="false"] .status { color: var(--bad); }
.track { position: relative; height: .8rem; }
.track .bar { top: .15rem; }
.part { padding: .1rem 1rem .7rem 5.6rem; }
.part p { margin: .3rem 0 .15rem; color: var(--soft); font-size: .78rem; }
pre {
  margin: 0;
  padding: .6rem .8rem;
  background: var(--sunk);
  border-radius: .5rem;
  font: .75rem/1.5 var(--mono);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

#account { overflow: auto; flex: 1 1 0; min-height: 14rem; scrollbar-width: thin; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .22rem 1rem; margin: 0; padding: .1rem 1rem .6rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
h3 { margin: 0; font-size: .8125rem; font-weight: 600; }
#account h3 { padding: .45rem 1rem .2rem; border-top: 1px solid var(--line); }
.entries, #mails { margin: 0; padding: 0 0 .5rem; list-style: none; }
.entries summary { display: flex; gap: .75rem; align-items: center; padding: .25rem 1rem; list-style: none; cursor: pointer; }
.entries summary::-webkit-details-marker { display: none; }
.entries summary:hover { background: #1c2130; }
.entries code { flex: 1; font: .76rem/1.4 var(--mono); overflow-wrap: anywhere; }
.entries pre { margin: .2rem 1rem .4rem; }
.sealed, .plain { padding: 0 .5rem; border-radius: 1rem; font-size: .72rem; }
.sealed { background: #16392c; color: #8fe8c0; }
.plain { background: #232938; color: #b9c1d3; }
#mails { overflow: auto; }
#mails a { display: block; padding: .35rem 1rem; text-decoration: none; }
#mails a:hover { background: #1c2130; }
#mails strong { display: block; color: var(--text); font-weight: 550; }
#mails span { display: block; font-size: .8rem; overflow-wrap: anywhere; }
.plans { margin: 0; padding: 0; list-style: none; }
#account .plans { padding: 0 1rem .5rem; }
#appstore { container-type: inline-size; align-self: start; }
#appstore .body { display: grid; gap: .5rem 1.5rem; padding: 0 1rem .7rem; }
#appstore .part { display: grid; align-content: start; gap: .35rem; padding: 0; }
#appstore .part > .buttons { align-items: baseline; }
#appstore .head { padding-bottom: .3rem; }
#appstore p { margin: 0; color: var(--text); font-size: .82rem; }
@container (min-width: 30rem) {
  #appstore .body { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
#receipts { margin: 0; padding: 0; list-style: none; }
#receipts .empty { padding: 0; }
#receipts li + li { margin-top: .5rem; }
#receipts p { margin-bottom: .3rem; }
#phone-page { flex: 1; min-height: 34rem; border: 0; border-top: 1px solid var(--line); background: #fff; color-scheme: light; }
${TV_STYLE}
@media (min-width: 75.01rem) and (min-height: 50rem) {
  body { display: flex; flex-direction: column; height: 100vh; padding-bottom: 1rem; }
  main { flex: 1; min-height: 0; grid-template-rows: auto auto minmax(0, 1fr); }
  #events { max-height: none; }
  #phone-page { min-height: 0; }
}
@media (max-width: 75rem) {
  main {
    grid-template-columns: 14rem minmax(0, 1fr) 8.5rem;
    grid-template-areas: "choice set remote" "choice appstore appstore" "phone phone phone" "timeline timeline timeline" "stored stored mailbox";
  }
  #phone { grid-area: phone; justify-self: center; width: min(100%, 26rem); }
  [data-phone] #stored { display: flex !important; }
}
@media (max-width: 56rem) {
  body { padding: 0 .9rem 1rem; }
  main {
    grid-template-columns: minmax(0, 1fr) 8.5rem;
    grid-template-areas: "set remote" "phone phone" "choice choice" "appstore appstore" "timeline timeline" "stored stored" "mailbox mailbox";
  }
  #events summary { grid-template-columns: 2.6rem .55rem minmax(0, 5fr) 5.5rem minmax(3rem, 2fr) 4rem; }
  #scenarios { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
}
@media (max-width: 40rem) {
  main { grid-template-columns: minmax(0, 1fr); grid-template-areas: "set" "remote" "phone" "choice" "appstore" "timeline" "stored" "mailbox"; }
  .head { flex-wrap: wrap; gap: .2rem 1rem; }
  #summary { flex-basis: 100%; margin: 0; }
  #events summary { grid-template-columns: 2.6rem .55rem minmax(0, 1fr) auto; }
  #events .track, #events .ms { display: none; }
  .part { padding-left: 1rem; }
}
`;
