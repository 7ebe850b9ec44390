/** `APP_LOGO_URL`, `APP_COLOR` and `SUPPORT_URL`. */
import type { Brand } from "../../../lib/config/brand.ts";
import { testAccepted, testRefused } from "../../support/config_cases.ts";

const brand = (changes: Partial<Brand>): { brand: Brand } => ({
  brand: { logoUrl: null, colour: null, supportUrl: null, ...changes },
});

const LOGO = "APP_LOGO_URL must be the https:// URL of a picture, without a user";
const COLOUR = "APP_COLOR must be a colour like #0a5c7a";
const SUPPORT = "SUPPORT_URL must be an https:// URL without a user, or mailto: and an address";

testAccepted([
  [
    { APP_LOGO_URL: "https://cdn.example/a;b,c.png?v=2" },
    brand({ logoUrl: "https://cdn.example/a;b,c.png?v=2" }),
  ],
  [{ APP_LOGO_URL: "http://localhost:9000/logo.svg" }, brand({ logoUrl: "http://localhost:9000/logo.svg" })],
  [{ APP_COLOR: "#0A5C7a" }, brand({ colour: "#0a5c7a" })],
  [{ APP_COLOR: " #Fd0 " }, brand({ colour: "#ffdd00" })],
  [{ APP_COLOR: "#ffffff" }, brand({ colour: "#ffffff" })],
  [
    { SUPPORT_URL: "https://help.example/tv?from=mail#top" },
    brand({ supportUrl: "https://help.example/tv?from=mail#top" }),
  ],
  [
    { SUPPORT_URL: "mailto:help@example.com?subject=TV" },
    brand({ supportUrl: "mailto:help@example.com?subject=TV" }),
  ],
  [{ APP_LOGO_URL: "", APP_COLOR: "", SUPPORT_URL: "" }, brand({})],
]);

testRefused([
  [{ APP_LOGO_URL: "http://cdn.example/logo.png" }, LOGO],
  [{ APP_LOGO_URL: "data:image/png;base64,AAAA" }, LOGO],
  [{ APP_LOGO_URL: "https://user:secret@cdn.example/logo.png" }, LOGO],
  [{ APP_LOGO_URL: "/logo.png" }, LOGO],
  [{ APP_COLOR: "teal" }, COLOUR],
  [{ APP_COLOR: "#12345" }, COLOUR],
  [{ APP_COLOR: "#0a5c7aff" }, COLOUR],
  [{ APP_COLOR: "#fff;}body{display:none" }, COLOUR],
  [{ SUPPORT_URL: "http://help.example" }, SUPPORT],
  [{ SUPPORT_URL: "javascript:alert(1)" }, SUPPORT],
  [{ SUPPORT_URL: "mailto:help" }, SUPPORT],
  [{ SUPPORT_URL: "help@example.com" }, SUPPORT],
  [{ SUPPORT_URL: "https://user@help.example" }, SUPPORT],
]);
