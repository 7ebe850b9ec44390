/** The types of the device client equal those of the service's zod schemas. */
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
import type { deviceSchema } from "../../../routes/openapi/device_schemas.ts";
import type {
  amazonSignInSchema,
  passwordSignInSchema,
  signedInSchema,
  signUpSchema,
} from "../../../routes/openapi/sign_in_schemas.ts";
import type { Device } from "../../../lib/client/mod.ts";
import type { Entitlement, Purchases } from "../../../lib/client/contract.ts";
import type { entitlementSchema, purchasesSchema } from "../../../routes/openapi/purchase_schemas.ts";

/** True when both types have the same fields and each is assignable to the other. `readonly` does not count. */
type Same<A, B> = Assignable<Mutable<A>, Mutable<B>> extends true
  ? Assignable<MutableRequired<A>, MutableRequired<B>>
  : false;
type Assignable<A, B> = [A] extends [B] ? [B] extends [A] ? true : false : false;
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
type MutableRequired<T> = T extends object ? { -readonly [K in keyof T]-?: MutableRequired<T[K]> } : T;

/** The fields of a request without `device`, which the client adds. */
type WithoutDevice<T extends z.ZodType> = Omit<z.input<T>, "device">;

Deno.test("the client's types equal those of the schemas", () => {
  true satisfies Same<SignedIn, Omit<z.output<typeof signedInSchema>, "entitlements">>;
  true satisfies Same<Entitlement, z.output<typeof entitlementSchema>>;
  true satisfies Same<Purchases, z.input<typeof purchasesSchema>>;
  true satisfies Same<Problem, z.output<typeof problemSchema>>;
  true satisfies Same<SignUp, WithoutDevice<typeof signUpSchema>>;
  true satisfies Same<PasswordSignIn, WithoutDevice<typeof passwordSignInSchema>>;
  true satisfies Same<Device, z.input<typeof deviceSchema>>;
  true satisfies Same<
    {
      code: string;
      app?: string | undefined;
      device?: Device | undefined;
      purchases?: Purchases | undefined;
    },
    z.input<typeof amazonSignInSchema>
  >;
  true satisfies Same<ProblemCode, ServiceProblemCode>;
  true satisfies Same<Next, ServiceNext>;
  // The comparison itself finds an extra field, a missing field and another type.
  false satisfies Same<{ a: string }, { a: string; b?: number }>;
  false satisfies Same<{ a: string; b: number }, { a: string }>;
  false satisfies Same<{ a: string }, { a?: string }>;
  false satisfies Same<{ a: { b?: string }[] }, { a: { b: string }[] }>;
  false satisfies Same<{ a: "x" }, { a: string }>;
});
