import { assertEquals } from "@std/assert";
import denoJson from "../../../deno.json" with { type: "json" };
import { type Environment, parseConfig, VARIABLES } from "../../../lib/config/config.ts";
import { PLATFORM_VARIABLES } from "../../../lib/config/environment.ts";
import { permissionFlags } from "../../../lib/config/permissions.ts";
import { LEAST } from "../../support/config_cases.ts";

const MAIL_FROM = "hello@app.example";
const SECRET = `whsec_${"A".repeat(32)}`;

/** Variables, and the flags that they come to. */
const CASES: [Environment, string][] = [
  [
    { KV_PATH: "/var/lib/kv" },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443 " +
    "--allow-read=/var/lib/kv,/var/lib/kv-reserve,/var/lib/kv-reserve.new " +
    "--allow-write=/var/lib/kv,/var/lib/kv-reserve,/var/lib/kv-reserve.new --allow-sys=statfs",
  ],
  [{ KV_PATH: ":memory:", HOST: "::1", PORT: "80" }, "--allow-net=[::1]:80,appstore-sdk.amazon.com:443"],
  [
    { KV_PATH: "/a b" },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443 --allow-read --allow-write --allow-sys=statfs",
  ],
  [
    { KV_PATH: "/a,b" },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443 " +
    "--allow-read=/a,,b,/a,,b-reserve,/a,,b-reserve.new " +
    "--allow-write=/a,,b,/a,,b-reserve,/a,,b-reserve.new --allow-sys=statfs",
  ],
  [
    { KV_PATH: "http://10.0.0.5:4512", AMAZON_BASE_URL: "http://localhost:9000/x" },
    "--allow-net=0.0.0.0:8000,localhost:9000,10.0.0.5:4512",
  ],
  [{ KV_PATH: "https://api.deno.com/v2/databases/x/connect" }, "--allow-net"],
  [
    { MAIL_URL: "smtp://mail.example", MAIL_FROM },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443,mail.example:587",
  ],
  [
    { MAIL_URL: "smtps://u:p@mail.example", MAIL_FROM },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443,mail.example:465",
  ],
  [
    { MAIL_URL: "https://:key@api.resend.com", MAIL_FROM },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443,api.resend.com:443",
  ],
  [
    { WEBHOOK_URL: "https://app.example/hooks", WEBHOOK_SECRET: SECRET },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443,app.example:443",
  ],
  [
    { RTN_TOPIC_ARN: "arn:aws:sns:us-east-1:1:a,arn:aws:sns:eu-west-1:1:b,arn:aws-cn:sns:cn-north-1:1:c" },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443,sns.us-east-1.amazonaws.com:443,sns.eu-west-1.amazonaws.com:443,sns.cn-north-1.amazonaws.com.cn:443",
  ],
  [
    { RTN_TOPIC_ARN: "arn:aws:sns:us-east-1:1:a", RTN_CERTIFICATE_URL: "https://pem.example/a.pem" },
    "--allow-net=0.0.0.0:8000,appstore-sdk.amazon.com:443,pem.example:443",
  ],
];

for (const [env, flags] of CASES) {
  Deno.test(`permissionFlags() of ${JSON.stringify(env)}`, () => {
    assertEquals(permissionFlags(parseConfig({ ...LEAST, ...env })).join(" "), flags);
  });
}

Deno.test("deno task start may read the variables of the service and no others, and asks for nothing", () => {
  const { command } = denoJson.tasks.start;
  const [, names = ""] = / --allow-env=(\S+) /.exec(command) ?? [];
  assertEquals(names.split(",").toSorted(), [...VARIABLES, ...PLATFORM_VARIABLES].toSorted());
  assertEquals(command.includes(" --no-prompt ") && command.includes(" --env-file "), true);
  const service = command.replace(/\$\(.*?\)/, "");
  assertEquals(/-A\b|--allow-(?:all|run|ffi|sys|import)/.test(service), false);
});
