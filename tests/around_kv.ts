/**
 * A real database with something around its calls: to count them, to hold them up, to make them fail.
 *
 * @module
 */

/** The calls that go to the database and come back. */
export type KvCall = "get" | "getMany" | "commit";

/** Stands around one call; `call` makes it. */
export type Around = <T>(name: KvCall, call: () => Promise<T>) => Promise<T>;

/** Wraps a database, and the operations that it makes. */
export function aroundKv(kv: Deno.Kv, around: Around): Deno.Kv {
  return wrap(kv, around);
}

function wrap<T extends object>(whole: T, around: Around): T {
  const proxy: T = new Proxy(whole, {
    get(target, name) {
      const method = Reflect.get(target, name, target);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        const call = () => Reflect.apply(method, target, args);
        if (name === "get" || name === "getMany" || name === "commit") return around(name, call);
        const result = call();
        return result === target ? proxy : name === "atomic" ? wrap(result, around) : result;
      };
    },
  });
  return proxy;
}
