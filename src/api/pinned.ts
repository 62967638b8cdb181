import { z } from "zod";

const name = () => z.string().max(253);
const uid = () => z.string().max(64);

export const pinnedRouteSchema = z.strictObject({
  namespace: name().describe("The VirtualService's namespace."),
  name: name().describe("The VirtualService's name."),
  uid: uid().describe("The VirtualService's UID: one that is made anew is another one."),
  routes: z.array(name()).max(16).describe("Names of the http routes. Empty: the only one that fits."),
});
export type PinnedRoute = z.output<typeof pinnedRouteSchema>;

/** What the run acts on, by UID where it has one: rollback uses this and never an edited spec. */
export const pinnedSchema = z.strictObject({
  workload: z
    .strictObject({ name: name().describe("Its name."), uid: uid().describe("Its UID.") })
    .describe("The user's Deployment."),
  service: z
    .strictObject({ name: name().describe("Its name."), port: z.int().describe("The port that users call.") })
    .describe("The Service that users call."),
  sizeAtStart: z.int().min(0).describe("How many pods the workload was asked to have when the run began."),
  istio: z
    .strictObject({
      apiVersion: z.string().max(63).describe("The API version in which Istio's objects are read and written."),
      virtualServices: z.array(pinnedRouteSchema).max(16).describe("The VirtualServices that the run steers."),
      destinationRule: z
        .strictObject({ namespace: name().describe("Its namespace."), name: name().describe("Its name.") })
        .describe("The DestinationRule that defines the subsets."),
      subsets: z
        .strictObject({
          stable: z.string().max(63).describe("The subset of the version that users are on."),
          canary: z.string().max(63).describe("The subset of the version that is being vetted."),
        })
        .describe("What the subsets are called."),
    })
    .describe("The objects of Istio."),
});
export type Pinned = z.output<typeof pinnedSchema>;

/** A revision and where its pods live. */
export const trackedRevisionSchema = z.strictObject({
  track: z.enum(["own", "twin"]).describe("Where its pods live: in the user's own Deployment, or in a twin of it."),
  revision: name().describe("Name of the PodTemplate that holds it."),
  hash: z.string().max(253).describe("Digest of the pod template, for people and for quick comparison."),
  podLabels: z
    .record(z.string(), z.string().max(63))
    .meta({ maxProperties: 64 })
    .describe("Labels that pick these pods out of the Service's: what the subset `stable` is narrowed to."),
  workload: name().describe("Name of the Deployment: the `destination_workload` of these pods."),
});
export type TrackedRevision = z.output<typeof trackedRevisionSchema>;
