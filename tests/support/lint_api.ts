/**
 * Checks the API's description by Redocly's recommended rules: `deno task lint:api`. It is Redocly's linter without
 * its command line, which would ask the network for updates.
 *
 * @module
 */
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { TestService } from "./test_service.ts";

await using service = await TestService.open({ env: { PUBLIC_URL: "https://signin.example" } });
const source = await (await service.request("/openapi.json")).text();
const config = await createConfig({ extends: ["recommended"] });
const findings = await lintFromString({ source, absoluteRef: "/openapi.json", config });
for (const { severity, ruleId, message, location: [place] } of findings) {
  console.error(`${severity} ${ruleId}: ${message} (${place?.pointer})`);
}
if (findings.length > 0) Deno.exit(1);
console.log("openapi.json is clean by Redocly's recommended rules");
