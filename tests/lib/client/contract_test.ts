/** The device client's types are those of the zod schemas that validate its requests and make its answers. */
import type { z } from "zod";
import type {
  Next,
  PasswordSignIn,
  Problem,
  ProblemCode,
  SignedIn,
  SignUp,
} from "../../../lib/client/mod.ts";
import type { Next as ServiceNext, ProblemCode as ServiceProblemCode } from "../../../lib/base/problem.ts";
import type { problemSchema } from "../../../routes/openapi/problems.ts";
import type {
  amazonSignInSchema,
  deviceSchema,
  passwordSignInSchema,
  signedInSchema,
  signUpSchema,
} from "../../../routes/openapi/schemas.ts";
import type { Device } from "../../../lib/client/mod.ts";

/** Neither has a field that the other lacks, and each is good for the other; `readonly` does not count. */
type Same<A, B> = Fits<Plain<A>, Plain<B>> extends true ? Fits<Whole<A>, Whole<B>> : false;
type Fits<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false;
type Plain<T> = T extends object ? { -readonly [K in keyof T]: Plain<T[K]> } : T;
type Whole<T> = T extends object ? { -readonly [K in keyof T]-?: Whole<T[K]> } : T;

/** A device sends all of it but the `device`, which the client adds. */
type Sent<T extends z.ZodType> = Omit<z.input<T>, "device">;

Deno.test("the client's types are those of the schemas", () => {
  true satisfies Same<SignedIn, z.output<typeof signedInSchema>>;
  true satisfies Same<Problem, z.output<typeof problemSchema>>;
  true satisfies Same<SignUp, Sent<typeof signUpSchema>>;
  true satisfies Same<PasswordSignIn, Sent<typeof passwordSignInSchema>>;
  true satisfies Same<Device, z.input<typeof deviceSchema>>;
  true satisfies Same<
    { code: string; app?: string | undefined; device?: Device | undefined },
    z.input<typeof amazonSignInSchema>
  >;
  true satisfies Same<ProblemCode, ServiceProblemCode>;
  true satisfies Same<Next, ServiceNext>;
  // The comparison itself: a field more, a field less, another type.
  false satisfies Same<{ a: string }, { a: string; b?: number }>;
  false satisfies Same<{ a: string; b: number }, { a: string }>;
  false satisfies Same<{ a: string }, { a?: string }>;
  false satisfies Same<{ a: { b?: string }[] }, { a: { b: string }[] }>;
  false satisfies Same<{ a: "x" }, { a: string }>;
});
