/**
 * The router of the app: finds the handlers of a path.
 *
 * @module
 */
import type { Result, Router as HonoRouter } from "hono/router";
import { TrieRouter } from "hono/router/trie-router";

/**
 * Remembers the handlers of the paths that have no parameter, which are nearly all of ours. Hono's faster router
 * refuses our paths: it does not take `/v1/sessions/current` beside `/v1/sessions/:session_id`. Its other one, which is
 * used here, costs a token check an eighth of its time when it looks for the same handlers each time.
 * @internal
 */
export class StaticRouter<T> implements HonoRouter<T> {
  /** The router's name, which Hono shows. */
  readonly name = "StaticRouter";
  readonly #trie = new TrieRouter<T>();
  readonly #methods = new Set<string>();
  /** The handlers that were found, by path and method. Only declared paths and methods are remembered. */
  readonly #found = new Map<string, Map<string, Result<T>>>();

  /** Adds the handler of a path. */
  add(method: string, path: string, handler: T): void {
    this.#trie.add(method, path, handler);
    this.#methods.add(method);
    if (!/[:*?]/.test(path)) this.#found.set(path, new Map());
    for (const found of this.#found.values()) found.clear();
  }

  /** Finds the handlers of a request. */
  match(method: string, path: string): Result<T> {
    const found = this.#found.get(path);
    const known = found?.get(method);
    if (known !== undefined) return known;
    const result = this.#trie.match(method, path);
    if (this.#methods.has(method)) found?.set(method, result);
    return result;
  }
}
