/**
 * The methods of paths, for `method_not_allowed`.
 *
 * @module
 */
import type { Router } from "./env.ts";

/**
 * Returns a function that finds the methods of a path without parameters. It returns undefined for another path. A path of
 * its own, such as `/v1/sessions/amazon`, has no method of a path with a parameter, such as `/v1/sessions/{session_id}`.
 */
export function methodsOfStaticPaths(app: Router): (path: string) => ReadonlySet<string> | undefined {
  let methods: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  // Made with the first request, when the app has all its routes.
  return (path) => (methods ??= readRoutes(app)).get(path);
}

function readRoutes({ routes }: Router): Map<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  for (const { method, path } of routes) {
    if (method === "ALL" || /[:*]/.test(path)) continue;
    const ofPath = methods.get(path) ?? new Set();
    methods.set(path, ofPath.add(method));
    if (method === "GET") ofPath.add("HEAD");
  }
  return methods;
}
