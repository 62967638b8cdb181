/** Names that Sluice gives to things in the cluster. */
export const GROUP = "sluice.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

export const LABEL_ROLLOUT = "sluice.dev/rollout";
export const LABEL_RUN = "sluice.dev/run";
/** On the user's Deployment: it is held for this Rollout. The admission policy looks for it. */
export const ANNOTATION_HELD_BY = "sluice.dev/rollout";
/** On a DestinationRule that Sluice made because there was none. */
export const ANNOTATION_CREATED_FOR = "sluice.dev/created-for";
/** On an object in another namespace: the namespaces whose Rollouts may use it, separated by commas. */
export const ANNOTATION_ALLOW_FROM = "sluice.dev/allow-from";
export const FINALIZER = "sluice.dev/release";

export const FIELD_MANAGER = "sluice";
/** Writes that take users away from a candidate carry this manager, so that a later reader knows (machine rule 8). */
export const FIELD_MANAGER_WITHDRAW = "sluice-withdraw";

export const NAMESPACE = "sluice-system";
export const SERVICE_ACCOUNT = "sluice";
export const HOLD_POLICY = "sluice-hold";
