import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeObject } from "../../../src/kube/port.ts";
import { ensureTool } from "../../lab/tools.ts";

/** An entry of a Flux Kustomization's `healthCheckExprs`. */
export interface HealthExpressions {
  current: string;
  failed?: string;
  inProgress?: string;
}

export type Question =
  | { ask: "kstatus"; object: KubeObject }
  | { ask: "flux"; object: KubeObject; expressions: HealthExpressions }
  | { ask: "lua"; object: KubeObject; script: string };

export interface Answer {
  status?: string;
  message?: string;
  /** What a script returned. */
  returned?: unknown;
  /** The merge patch that Argo CD would send for a script that changes the object. */
  patch?: Record<string, unknown>;
  error?: string;
}

/** Asks the libraries that Argo CD and Flux use; answers come in the order of the questions. */
export async function judge(questions: readonly Question[]): Promise<Answer[]> {
  const path = await ensureTool("gitops-judge");
  const child = spawn(path, [], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  child.stdin.end(JSON.stringify(questions));
  let out = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) out += chunk as string;
  const code = await ended;
  if (code !== 0) throw new Error(`gitops-judge ended with ${code}`);
  return JSON.parse(out) as Answer[];
}

/** The one answer to one question, without an error. */
export async function judgeOne(question: Question): Promise<Answer> {
  const [answer] = await judge([question]);
  if (answer === undefined || answer.error !== undefined)
    throw new Error(`${question.ask}: ${answer?.error ?? "no answer"}`);
  return answer;
}

const root = join(import.meta.dirname, "..", "..", "..");

/** What Argo CD finds under `resource.customizations.KIND` of the ConfigMap that is shipped: the scripts as people install them. */
export function shipped(key: string): string {
  const map = parse(readFileSync(join(root, "deploy/argocd/argocd-cm.yaml"), "utf8")) as {
    data: Record<string, string>;
  };
  const found = map.data[`resource.customizations.${key}`];
  if (found === undefined) throw new Error(`argocd-cm.yaml has no resource.customizations.${key}`);
  return found;
}

export const HEALTH = {
  rollout: shipped("health.sluice.dev_Rollout"),
  run: shipped("health.sluice.dev_RolloutRun"),
  deployment: shipped("health.apps_Deployment"),
};

interface Actions {
  "discovery.lua": string;
  definitions: { name: string; "action.lua": string }[];
}

export const ACTIONS = parse(shipped("actions.sluice.dev_RolloutRun")) as Actions;
