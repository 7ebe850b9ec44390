/**
 * Draws the sign-ins per second of `deno task bench --json`: `deno run plot.ts < bench.json > bench.svg`. The picture is
 * readable on light and dark pages.
 *
 * @module
 */
import type { Measurements } from "./bench.ts";

const { newCustomers, date }: Measurements = JSON.parse(await new Response(Deno.stdin.readable).text());
const names = [...new Set(newCustomers.map(({ name }) => name))];
const loads = [...new Set(newCustomers.map(({ connections }) => connections))];
const COLOURS = ["#8b949e", "#c29b3c", "#b07cc6", "#2f81f7", "#3fa35b"];
const [WIDTH, LEFT, BAR, GAP, TOP] = [720, 190, 18, 26, 40];
const most = Math.max(...newCustomers.map(({ rate }) => rate));

let y = TOP;
const bars = loads.flatMap((load) => {
  const title = text(8, y + 14, load === 1 ? "one at a time" : `${load} at once`, "bold");
  const group = names.map((name, i) => {
    const result = newCustomers.find((it) => it.name === name && it.connections === load);
    const { rate = 0, ratio = 0 } = result ?? {};
    const width = Math.round(rate / most * (WIDTH - LEFT - 150));
    y += BAR + 4;
    return `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${
      COLOURS[i % COLOURS.length]
    }"/>` +
      text(LEFT - 8, y + 13, name, "end") +
      text(LEFT + width + 6, y + 13, `${rate.toFixed(0)} (${ratio.toFixed(2)} × floor)`);
  });
  y += GAP + 12;
  return [title, ...group];
});

console.log(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="12">
<title>Sign-ins per second of new customers, ${date}</title>
<style>text{fill:#1f2328}.bold{font-weight:600}.end{text-anchor:end}@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>
${text(8, 20, `Sign-ins per second of new customers, ${date}`, "bold")}
${bars.join("\n")}
</svg>`,
);

function text(x: number, y: number, content: string, kind = ""): string {
  return `<text x="${x}" y="${y}"${kind === "" ? "" : ` class="${kind}"`}>${content}</text>`;
}
