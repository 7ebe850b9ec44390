/** The origins of web apps in the environment. */
import { type Accepted, type Refused, testAccepted, testRefused } from "../../support/config_cases.ts";

const FAULT =
  "CORS_ORIGINS must be origins such as https://tv.example.com, comma-separated and without a path (http:// only for this machine itself)";

testAccepted(([
  ["https://tv.example.com", ["https://tv.example.com"]],
  ["https://TV.Example.com:443, http://localhost:5173", ["https://tv.example.com", "http://localhost:5173"]],
  ["https://tv.example.com:8443,http://127.0.0.1", ["https://tv.example.com:8443", "http://127.0.0.1"]],
] as const).map(([CORS_ORIGINS, corsOrigins]): Accepted => [{ CORS_ORIGINS }, { corsOrigins }]));

testRefused(
  [
    "*",
    "null",
    "https://*.example.com/",
    "tv.example.com",
    "https://tv.example.com/",
    "https://tv.example.com/app",
    "https://tv.example.com?a",
    "https://u@tv.example.com",
    "http://tv.example.com",
    "https://tv.example.com,",
    "https://a.example.com https://b.example.com",
    "file:///app",
  ].map((CORS_ORIGINS): Refused => [{ CORS_ORIGINS }, FAULT]),
);
