/**
 * Checks the API's description with Redocly's recommended rules: `deno task lint:api`. The module uses the library,
 * because the command line of Redocly looks for updates in the network.
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
console.log("/openapi.json follows the recommended rules of Redocly");
