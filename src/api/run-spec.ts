import { z } from "zod";
import { nameSchema } from "./fields.ts";
import { VERBS } from "./phase.ts";
import { pinnedSchema, trackedRevisionSchema } from "./pinned.ts";
import { planSchema } from "./plan.ts";
import { immutable, listMap, transition, withRules, type Rule } from "./rule.ts";

const STEP_MISSING = "approve and skip say which step they mean: expected the name of a step of spec.plan.steps";

const namesItsStep: Rule<{ verb: string; step?: string | undefined }> = {
  cel: "!(self.verb in ['approve', 'skip']) || has(self.step)",
  message: STEP_MISSING,
  fieldPath: ".step",
  broken: ({ verb, step }) =>
    (verb === "approve" || verb === "skip") && step === undefined ? [{ path: ["step"], message: STEP_MISSING }] : [],
};

export const commandSchema = withRules(
  z.strictObject({
    id: z.string().min(1).max(63).describe("Names the command, so that it is carried out once. Unique in the list."),
    verb: z.enum(VERBS).describe("What to do."),
    step: z.string().min(1).max(63).optional().describe("The step that `approve` and `skip` are about."),
    reason: z.string().max(1024).optional().describe("Why, in the words of the one who gave it."),
    by: z
      .string()
      .max(253)
      .optional()
      .describe("Who gave it. The API server writes the requester here where the admission policy is installed."),
  }),
  namesItsStep,
  transition("self == oldSelf", "a command cannot be changed once it is given: give another one"),
);
export type Command = z.output<typeof commandSchema>;

const commandsSchema = withRules(
  listMap(z.array(commandSchema).max(100), "id"),
  transition(
    "oldSelf.all(given, self.exists(kept, kept.id == given.id))",
    "a command cannot be removed once it is given: the list is the record of who did what",
  ),
);

export const runReasonSchema = z.enum(["NewRevision", "Retry", "Converge", "FastPath", "Undo"]);

const FIXED = "a run keeps what it began with: this cannot be changed. Change the Rollout; a new run begins by it";

export const runSpecSchema = z.strictObject({
  rollout: immutable(nameSchema, FIXED).describe("The Rollout that this run belongs to."),
  ordinal: immutable(z.int().min(1), FIXED).describe("The run's number among the Rollout's runs, counted from 1."),
  reason: immutable(runReasonSchema, FIXED).describe(
    "Why it was begun: a new pod template, `retry`, the own Deployment catching up, a revision that was live before, or `undo`.",
  ),
  from: immutable(trackedRevisionSchema, FIXED).describe("The revision that users were on when it began."),
  to: immutable(trackedRevisionSchema, FIXED).describe("The revision that is brought to users."),
  plan: immutable(planSchema, FIXED).describe(
    "The Rollout's spec at the beginning, with every default filled in and every unit resolved.",
  ),
  pinned: immutable(pinnedSchema, FIXED).describe("The objects that the run acts on."),
  commands: commandsSchema
    .default([])
    .describe("What people told this run to do, oldest first. Entries can be added, never changed or removed."),
});
export type RunSpec = z.output<typeof runSpecSchema>;
