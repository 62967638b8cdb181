/** The other lab tests of what may go wrong, a file each; `test/faults/lab/killed.test.ts` has the kills. */
const FILES = {
  hands: "test/e2e/hands.test.ts",
  "hands without the admission policy": "test/e2e/pause-hold.test.ts",
  "newer templates and deletion at 30 %": "test/e2e/midway.test.ts",
  "co-owners of the routes": "test/e2e/co-owner.test.ts",
  interventions: "test/e2e/interventions.test.ts",
  deletion: "test/e2e/deletion.test.ts",
  "deletion while no controller runs": "test/e2e/deletion-while-down.test.ts",
  "deletion in every state": "test/faults/lab/deleted.test.ts",
  "deletion without rights in every state": "test/faults/lab/deleted-without-rights.test.ts",
  autoscaling: "test/e2e/autoscaling.test.ts",
  "going back": "test/e2e/going-back.test.ts",
  "callers past the mesh": "test/e2e/callers-past-the-mesh.test.ts",
  "API faults": "test/e2e/api-faults.test.ts",
  "rights revoked": "test/e2e/rights-revoked.test.ts",
  "clock skew": "test/e2e/clock-skew.test.ts",
  "Istio installed later": "test/e2e/istio-later.test.ts",
  "control plane killed": "test/e2e/control-plane-down.test.ts",
  leadership: "test/e2e/leadership.test.ts",
} as const;

export interface Suite {
  readonly name: string;
  readonly file: string;
}

export const suites: readonly Suite[] = Object.entries(FILES).map(([name, file]) => ({ name, file }));

/** Those whose name has `pattern` in it, in any case of letters; all without one. */
export function suitesNamed(pattern = ""): Suite[] {
  return suites.filter(({ name }) => name.toLowerCase().includes(pattern.toLowerCase()));
}
