import { LABEL_ROLLOUT } from "../api/metadata.ts";
import { defineCheck } from "./define.ts";
import { keyIn } from "./raw.ts";
import { isOurTwin } from "./workload.ts";

export const nameFree = defineCheck(
  {
    id: "name-free",
    number: 39,
    title: "The name that the candidate's Deployment would get is free.",
    severity: "fail",
    reason: "Sluice never takes over an object that it did not make, so the candidate could not be created.",
    remedy: "Rename the Rollout or the other Deployment.",
  },
  (world) => {
    const { rollout, twinName, deployments } = world;
    const key = keyIn(rollout.namespace, twinName);
    const taken = deployments.find((each) => each.metadata.name === twinName);
    if (taken === undefined) return [];
    if (isOurTwin(taken, world)) return [];
    const owner = taken.metadata.labels?.[LABEL_ROLLOUT];
    return [
      {
        message: `Deployment ${key} exists already and is not of Rollout ${keyIn(rollout.namespace, rollout.name)} (label ${LABEL_ROLLOUT} is ${owner === undefined ? "missing" : owner}); the candidate's Deployment needs that name.`,
        remedy: `Rename or delete it: kubectl -n ${rollout.namespace} delete deployment ${twinName}.`,
      },
    ];
  },
);
