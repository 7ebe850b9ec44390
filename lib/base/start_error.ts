/**
 * Reasons for which the service cannot start, each with what the operator does about it.
 *
 * @module
 */

/** Thrown when the service cannot start. The message is a sentence of ours for the operator; it holds no secret. */
export class StartError extends Error {
  /** The class name, for the log. */
  override name = "StartError";
}

/** Describes why no connection can be accepted on an address. */
export function describeListenError(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): StartError {
  const cause = { cause: error };
  if (error instanceof Deno.errors.AddrInUse) {
    return new StartError(
      `Port ${port} on ${host} is in use: stop the process that listens there, or set PORT`,
      cause,
    );
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return new StartError(`This machine has no address ${host}: set HOST, such as 0.0.0.0`, cause);
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return new StartError(
      `Port ${port} on ${host} is not allowed: set a PORT from 1024 on, or give the right to it`,
      cause,
    );
  }
  return new StartError(
    `HOST ${host} cannot be listened on: set the name or an address of this machine`,
    cause,
  );
}
