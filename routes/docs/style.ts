/**
 * The style of the page `/docs`.
 *
 * @module
 */
import { PALETTE } from "../http/palette.ts";

/** The whole CSS of the page. It serves light and dark, and screens from a phone to a wide one. */
export const STYLE = `${PALETTE}
:root {
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1.5rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0 auto;
  max-width: 78rem;
  padding: 0 1.25rem 6rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
a { color: var(--link); text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: .25rem; }
code { font: .9em var(--mono); overflow-wrap: anywhere; }
small { color: var(--soft); font-size: .8rem; font-weight: 400; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; }
header { padding: 3.5rem 0 2rem; max-width: 46rem; }
h1 { margin: 0; font-size: 2.5rem; line-height: 1.1; letter-spacing: -.03em; }
h1 small { font-size: 1rem; letter-spacing: 0; }
.lead { margin: .5rem 0 1rem; color: var(--soft); font-size: 1.1rem; }
.facts { display: flex; align-items: baseline; flex-wrap: wrap; gap: .5rem 1.5rem; }
.facts span { color: var(--soft); }
nav h2 {
  margin: 1.25rem 0 .25rem;
  color: var(--soft);
  font-size: .75rem;
  font-weight: 600;
  letter-spacing: .06em;
  text-transform: uppercase;
}
nav ul { margin: 0; padding: 0; list-style: none; }
nav a {
  display: flex;
  gap: .6rem;
  align-items: baseline;
  padding: .3rem 0;
  color: var(--text);
  font: .8rem var(--mono);
  text-decoration: none;
}
nav a:hover .path { text-decoration: underline; }
nav a[aria-current] { font-weight: 700; box-shadow: inset 3px 0 var(--link); padding-left: .6rem; }
.search { display: flex; flex-wrap: wrap; gap: .3rem .6rem; align-items: baseline; margin: .25rem .35rem .25rem .25rem; }
.search label { font-size: .9rem; font-weight: 600; }
.search input {
  flex: 1 1 8rem;
  min-width: 0;
  padding: .35rem .6rem;
  border: 1px solid var(--edge);
  border-radius: .5rem;
  background: var(--card);
  color: var(--text);
  font: inherit;
}
.search output { flex-basis: 100%; color: var(--soft); font-size: .8rem; }
.search output:empty { display: none; }
nav .path { overflow-wrap: anywhere; }
nav .method { flex: none; width: 3.4rem; font-size: .7rem; }
.tag > h2 { margin: 3rem 0 0; font-size: 1.6rem; letter-spacing: -.02em; }
article {
  margin: 1.25rem 0;
  padding: 1.5rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: .9rem;
}
article:target { border-color: var(--link); }
article p { max-width: 44rem; }
article > :first-child { margin-top: 0; }
h3 { margin: 0; font-size: 1.2rem; line-height: 1.3; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
h4 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
.route { display: flex; flex-wrap: wrap; gap: .35rem .7rem; align-items: baseline; margin: .4rem 0 .8rem; }
.method { font: 700 .8rem var(--mono); color: var(--link); }
.method.post { color: var(--good); }
.method.put, .method.patch { color: var(--change); }
.method.delete { color: var(--bad); }
.pill { padding: 0 .6rem; border: 1px solid var(--line); border-radius: 1rem; color: var(--soft); font-size: .8rem; }
.status { font: 700 .9rem var(--mono); }
.good { color: var(--good); }
.bad { color: var(--bad); }
.headers { margin: 0 0 .75rem; padding: 0; list-style: none; color: var(--soft); font-size: .875rem; }
.headers code { color: var(--text); }
table { width: 100%; margin: 1rem 0; border-collapse: collapse; font-size: .925rem; }
caption { padding-bottom: .35rem; font-size: 1rem; font-weight: 600; text-align: left; }
details caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .5rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
th { width: 38%; padding-right: 1rem; font-weight: 600; }
th small, td small { display: block; }
figure { margin: 1rem 0 0; border: 1px solid var(--line); border-radius: .6rem; background: var(--sunk); }
figure button {
  float: right;
  margin: .4rem .5rem 0 .5rem;
  padding: .1rem .6rem;
  border: 1px solid var(--edge);
  border-radius: .4rem;
  background: var(--card);
  color: var(--text);
  font: inherit;
  font-size: .75rem;
  cursor: pointer;
}
figcaption { padding: .5rem .9rem 0; color: var(--soft); font-size: .75rem; overflow-wrap: anywhere; }
pre { margin: 0; padding: .5rem .9rem .9rem; font-size: .85rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font-size: 1em; }
summary { cursor: pointer; }
details > summary { color: var(--link); font-size: .9rem; }
.problem { border-top: 1px solid var(--line); }
.problem:last-child { border-bottom: 1px solid var(--line); }
.problem > summary {
  display: flex;
  flex-wrap: wrap;
  gap: 0 .75rem;
  align-items: baseline;
  padding: .45rem 0;
  color: var(--text);
  list-style: none;
}
.problem > summary::-webkit-details-marker { display: none; }
.problem > summary::after { content: "+"; margin-left: auto; color: var(--soft); font-family: var(--mono); }
.problem[open] > summary::after { content: "−"; }
.problem .title { color: var(--soft); }
.problem figure { margin: 0 0 .75rem; }
.article { max-width: 48rem; }
.article h1 { font-size: 2rem; }
.article h2 { margin: 1.75rem 0 .25rem; font-size: 1.15rem; }
.article p { margin: 0 0 .75rem; }
.article nav { position: static; margin-top: 1.5rem; }
.article nav a { color: var(--link); font: inherit; text-decoration: underline; }
.soft { color: var(--soft); }
@media (min-width: 62rem) {
  .columns { display: grid; grid-template-columns: 19rem minmax(0, 1fr); column-gap: 3rem; }
  .columns header { grid-column: 1 / -1; }
  .columns nav { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow-y: auto; }
  .tag:first-child > h2 { margin-top: 0; }
}
@media (max-width: 40rem) {
  header { padding-top: 2rem; }
  article { margin-inline: -.75rem; padding: 1.1rem .9rem; }
  tr, th, td { display: block; width: auto; }
  tr { padding: .5rem 0; border-top: 1px solid var(--line); }
  th, td { padding: 0; border: 0; }
  th small { display: inline; padding-left: .6rem; }
  .problem .title { flex-basis: 100%; }
  .problem > summary { position: relative; padding-right: 1.5rem; }
  .problem > summary::after { position: absolute; right: .25rem; top: .45rem; }
}
`;
