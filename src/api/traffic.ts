import { z } from "zod";
import { dnsLabelSchema, durationSchema, nameSchema } from "./fields.ts";
import { refsAreUnique, subsetsDiffer } from "./rollout-rules.ts";
import { exactlyOneOf, listSet, withRules } from "./rule.ts";

const OTHER_NAMESPACE =
  "Its namespace. Default: the Rollout's. An object elsewhere must allow it by the annotation `sluice.dev/allow-from`, with the Rollout's namespace in it.";

export const virtualServiceRefSchema = z.strictObject({
  name: nameSchema.describe("Name of the VirtualService."),
  namespace: nameSchema.optional().describe(OTHER_NAMESPACE),
  routes: listSet(z.array(nameSchema).min(1).max(16))
    .optional()
    .describe("Names of the http routes that carry this service's users. May be left out when only one fits."),
});

export const istioSchema = withRules(
  z.strictObject({
    virtualServices: withRules(z.array(virtualServiceRefSchema).min(1).max(16), refsAreUnique).describe(
      "Every VirtualService whose routes carry this service's users, in the mesh and at the ingress.",
    ),
    destinationRule: z
      .strictObject({
        name: nameSchema.describe("Name of the DestinationRule."),
        namespace: nameSchema.optional().describe(OTHER_NAMESPACE),
      })
      .optional()
      .describe(
        "The rule that defines the subsets. Default: the one for the Service's host; when there is none, one named like the Service is made for the run.",
      ),
    subsets: z
      .strictObject({
        stable: dnsLabelSchema.default("stable").describe("The subset of the version that users are on."),
        canary: dnsLabelSchema.default("canary").describe("The subset of the version that is being vetted."),
      })
      .prefault({})
      .describe("What the two subsets are called in the DestinationRule and in the routes."),
  }),
  subsetsDiffer,
);

/** The meshes that Sluice knows how to steer. To add one: a field, and its name here. */
const ROUTERS = ["istio"] as const;

export const trafficSchema = withRules(
  z.strictObject({
    service: nameSchema.optional().describe("Name of the Service that users call. Default: the workload's name."),
    port: z
      .int()
      .min(1)
      .max(65535)
      .optional()
      .describe("The Service's port that users call. Needed when it has several."),
    settle: durationSchema
      .default("15s")
      .describe(
        "How long a change that shows in no traffic, as labels at weight 0, is given to reach every proxy. istiod alone may wait for 10s.",
      ),
    unmanagedCallers: z
      .enum(["Refuse", "Accept"])
      .default("Refuse")
      .describe(
        "What to do about callers that reach the Service past the managed routes: they meet the new version by its share of the pods, not by its weight. `Refuse` starts no run while there are any.",
      ),
    istio: istioSchema.optional().describe("Users come through Istio."),
  }),
  exactlyOneOf(ROUTERS, "the mesh that carries the users"),
);
