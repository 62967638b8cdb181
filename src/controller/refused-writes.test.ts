import { expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { deployments } from "../kube/resources.ts";
import { isSluice, NAME, NAMESPACE } from "./fixture.test-helper.ts";
import { houseIn, servedNow, untilPromoted } from "./states.test-helper.ts";

const denials: [string, ApiError][] = [
  [
    "missing rights",
    new ApiError(403, "Forbidden", 'virtualservices "checkout" is forbidden: User cannot patch resource'),
  ],
  ["a webhook", new ApiError(400, "BadRequest", 'admission webhook "guard.example.com" denied the request: no')],
  ["a policy, with 422", new ApiError(422, "Invalid", "ValidatingAdmissionPolicy 'guard' denied request: no")],
  [
    "a webhook, with 409",
    new ApiError(409, "Conflict", 'admission webhook "guard.example.com" denied the request: no'),
  ],
  ["a webhook that hangs", new ApiError(500, "InternalError", 'failed calling webhook "guard.example.com": timeout')],
];

test.each(denials)(
  "a route's write that is refused by %s is told, exposes nobody, and is made later",
  async (_, error) => {
    const house = await houseIn("Scaling", { spec: { progressDeadline: "10m" } });
    house.sim.setFault((call) =>
      isSluice(call) && call.resource === "virtualservices.networking.istio.io" && call.verb === "patch"
        ? { error }
        : undefined,
    );
    await house.until("it is told", () => house.rolloutStatus().message.includes(error.message));
    expect(house.rolloutStatus()).toMatchObject({ phase: "WriteRefused", weight: 0 });
    expect(house.rolloutStatus().conditions).toContainEqual(
      expect.objectContaining({ type: "Stalled", status: "True", reason: "WriteRefused" }),
    );
    expect(await servedNow(house)).toEqual(["v1"]);
    house.sim.setFault(undefined);
    await untilPromoted(house);
    expect(house.rolloutStatus().message).not.toContain(error.message);
    expect(house.sim.users.summary().failed).toBe(0);
    await house.term.stop();
  },
);

test("preflight gets through an API server in trouble, and does not hammer one that answers nothing", async () => {
  const house = await houseIn("Preflight");
  let asked = 0;
  let down = true;
  house.sim.setFault((call) => {
    if (!isSluice(call) || call.resource !== "selfsubjectaccessreviews.authorization.k8s.io") return undefined;
    asked++;
    return down || asked % 2 !== 0 ? { error: new ApiError(500, "InternalError", "etcd") } : undefined;
  });
  for (let second = 0; second < 30; second++) {
    await house.alice.patch(
      deployments,
      { namespace: NAMESPACE, name: NAME },
      { type: "merge", patch: { metadata: { annotations: { touched: String(second) } } } },
    );
    await house.clock.advance(1_000);
  }
  expect(house.phase()).toBe("Preflight");
  expect(asked).toBeLessThan(600);
  down = false;
  await untilPromoted(house);
  await house.term.stop();
});

test("an Event that a troubled API server refuses is told all the same, once", async () => {
  const house = await houseIn("Scaling");
  let refused = 0;
  house.sim.setFault((call) => {
    if (!isSluice(call) || call.resource !== "events.events.k8s.io") return undefined;
    refused++;
    if (refused % 3 === 0) return undefined;
    const error = refused % 3 === 1 ? new ApiError(500, "InternalError", "etcd") : new ApiError(0, "Network", "reset");
    return { error, afterwards: refused % 3 === 2 };
  });
  await untilPromoted(house);
  await house.clock.advance(60_000);
  expect(refused).toBeGreaterThan(3);
  const told = house.events("checkout-1").map(({ reason }) => reason);
  expect(told.filter((reason) => reason === "WeightRaised")).toHaveLength(2);
  expect(told.at(-1)).toBe("Promoted");
  await house.term.stop();
});
