/**
 * Rollouts that must be taken and Rollouts that must be refused. `src/api/validate.test.ts` puts them to our own validation,
 * `crds.test.ts` to a real API server: the rules are written twice, and this is what keeps the two from drifting apart.
 */

export type Fields = Record<string, unknown>;

/** The shortest spec there is. */
export const twoLines: Fields = {
  workload: { name: "checkout" },
  traffic: { istio: { virtualServices: [{ name: "checkout" }] } },
};

export function istio(fields: Fields): Fields {
  return { traffic: { istio: { virtualServices: [{ name: "checkout" }], ...fields } } };
}

export function steps(...list: unknown[]): Fields {
  return { steps: list };
}

export const first = { name: "first", weight: 10 };
export const objectives = (...list: unknown[]): Fields => ({ analysis: { objectives: list } });

export function many<T>(make: (index: number) => T): T[] {
  return Array.from({ length: 20 }, (_, index) => make(index));
}

export const required = { says: /Required value/ };
export const type = { says: /must be of type/ };
export const strict = { says: /unknown field/ };

/** The whole object of a case. */
export function rollout(spec: Fields, name = "checkout", namespace = "shop") {
  const merged = Object.fromEntries(
    Object.entries({ ...twoLines, ...spec }).filter(([, value]) => value !== undefined),
  );
  return { apiVersion: "sluice.dev/v1alpha1", kind: "Rollout", metadata: { name, namespace }, spec: merged };
}

export interface BadCase {
  readonly name: string;
  /** Laid over `twoLines`; a field that is undefined is taken away. */
  readonly spec: Fields;
  /** The field that is to blame. */
  readonly path: string;
  readonly says: RegExp;
  /** What the API server says instead, where its words or its place are others. */
  readonly server?: { readonly path?: string; readonly says?: RegExp };
}
