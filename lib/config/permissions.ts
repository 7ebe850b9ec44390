/**
 * The rights that the service needs: the hosts that it talks to and the file of its database.
 *
 * @module
 */
import { filesOf } from "../kv/disk_reserve.ts";
import type { Config } from "./config.ts";

/**
 * Returns the flags of `deno run` for a configuration. Deno Deploy's own KV service names further hosts itself, so with it
 * every host is allowed.
 */
export function permissionFlags(config: Config): string[] {
  return [...netFlags(config), ...fileFlags(config)];
}

function netFlags(config: Config): string[] {
  const { host, port, amazon, mail, webhook, kvPath, purchases: { topics, certificateUrl } } = config;
  const database = urlOf(kvPath);
  if (database?.protocol === "https:") return ["--allow-net"];
  const urls = [
    amazon.baseUrl,
    ...(mail === null ? [] : [mail.server.url]),
    ...(webhook === null ? [] : [webhook.url]),
    ...(database === null ? [] : [database.href]),
    ...(certificateUrl === null ? topics.map(urlOfTopic) : [certificateUrl]),
  ];
  const listening = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return [`--allow-net=${[...new Set([listening, ...urls.map(hostOf)])].join(",")}`];
}

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443, "smtp:": 587, "smtps:": 465 };

function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || PORTS[protocol]}`;
}

/** Returns the host of SNS that has the certificates of a topic's region. */
function urlOfTopic(arn: string): string {
  const [, partition = "", , region = ""] = arn.split(":");
  return `https://sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
}

function urlOf(path: string | undefined): URL | null {
  return path !== undefined && /^https?:\/\//.test(path) ? new URL(path) : null;
}

function fileFlags({ kvPath }: Config): string[] {
  if (kvPath === undefined || kvPath === ":memory:" || urlOf(kvPath) !== null) return [];
  // The room of its disk is looked at, and a part of it kept: see lib/kv/disk_reserve.ts.
  const room = "--allow-sys=statfs";
  // The shell cuts a path at its blanks, so such a path cannot be named.
  if (/\s/.test(kvPath)) return ["--allow-read", "--allow-write", room];
  const paths = filesOf(kvPath).map((path) => path.replaceAll(",", ",,")).join(",");
  return [`--allow-read=${paths}`, `--allow-write=${paths}`, room];
}
