/** What the service costs, as `lib/operator/README.md` says. */
import { assertStringIncludes } from "@std/assert";
import { priceTables } from "./prices.ts";

const README = new URL("../../lib/operator/README.md", import.meta.url);
const ignore = Deno.permissions.querySync({ name: "read", path: README }).state !== "granted";

Deno.test(
  "the costs in lib/operator/README.md are the counted units times the prices",
  { ignore },
  async () => {
    const readme = await Deno.readTextFile(README);
    for (const table of Object.values(await priceTables())) assertStringIncludes(readme, table);
  },
);
