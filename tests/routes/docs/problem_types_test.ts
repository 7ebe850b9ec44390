/** `GET /problems/{code}`. */
import { assertEquals } from "@std/assert";
import { PROBLEMS } from "../../../lib/base/problem.ts";
import { TestService } from "../../support/test_service.ts";
import { assertProblem } from "../../support/contract_problems.ts";

Deno.test("GET /problems/{code} explains a problem", async () => {
  await using service = await TestService.open();
  for (const [code, expected] of Object.entries(PROBLEMS)) {
    const response = await service.request(`/problems/${code}`);
    assertEquals([response.status, response.headers.get("content-type")], [200, "application/json"]);
    assertEquals(await response.json(), { code, ...expected });
  }
  for (const code of ["nothing", "constructor", "__proto__", "Internal"]) {
    await assertProblem(await service.request(`/problems/${code}`), "not_found");
  }
});
