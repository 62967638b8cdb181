import { expect, test } from "vitest";
import { foundLate } from "./found-late.ts";
import { play } from "./play.ts";
import { at, type Found } from "./schedule.ts";

/** Schedules that broke a promise once, shrunk; each names what was wrong. */
const FOUND: readonly Found[] = [
  [
    "the route was put back to plain form while proxies still knew pods of the twin that had just been deleted late",
    { hold: "none", form: "plain", routesMs: 100, rulesMs: 700, endpointsMs: 200, seed: 444_440 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [7_400, { kind: "ship", tag: "v5-errors50" }],
      [8_400, { kind: "apiFault", fault: "conflict", fraction: 0.5, forMs: 4_300 }],
    ],
  ],
  [
    "a twin of two runs ago was still there when the stable subset was opened to whatever the Service selects",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [16_400, { kind: "ship", tag: "v4" }],
      [34_400, { kind: "ship", tag: "v1" }],
    ],
  ],
  [
    "a Rollout that was made again over the runs of its predecessor began a run before it had a finalizer, and was deleted",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [0, { kind: "deleteRollout", policy: "Orphan", againAfterMs: 500 }],
      [200, { kind: "ship", tag: "v3" }],
      [600, { kind: "deleteRollout", policy: "Background", againAfterMs: undefined }],
    ],
  ],
  [
    "the run ended before the autoscaler's floor was put back, where routes and rule needed no restoring",
    { form: "split" },
    [[0, { kind: "ship", tag: "v2" }]],
  ],
  [
    "a run was taken up again for the deletion of its Rollout and had no record of it",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [5_900, { kind: "scale", replicas: 3 }],
      [16_400, { kind: "ship", tag: "v5-errors50" }],
      [17_800, { kind: "crash", call: 2, when: "before", downMs: 100 }],
      [18_400, { kind: "deleteRollout", policy: "Background", againAfterMs: undefined }],
      [18_400, { kind: "scale", replicas: 3 }],
    ],
  ],
  [
    "the first users were sent to pods that proxies had not heard of yet",
    { endpointsMs: 200 },
    [[0, { kind: "ship", tag: "v2" }]],
  ],
  [
    "a rule that was taken away while a live pod was not ready was not made again until that pod was",
    { form: "split" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [100, { kind: "crash", call: 1, when: "before", downMs: 100 }],
      [100, { kind: "deleteRule" }],
      [100, { kind: "unready", forMs: 14_000 }],
    ],
  ],
  [
    "a run from a route that rests with a weight on canary put that back and lowered it again, without end",
    { form: "split" },
    [
      [0, { kind: "ship", tag: "v5-errors50" }],
      [5_200, { kind: "ship", tag: "v6-slow50" }],
      [7_000, { kind: "delayWatches", delayMs: 2_400, forMs: 14_700 }],
      [10_700, { kind: "editWeight", canary: 30 }],
    ],
  ],
  [
    "a rule that was taken away in the last moment of a run was not made again, and the routes led nowhere",
    { form: "split" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [100, { kind: "ship", tag: "v1" }],
      [200, { kind: "deleteRule" }],
      [300, { kind: "breakWatches", how: "closed" }],
    ],
  ],
  [
    "after a step of the wall clock a reading about the past said that no user met the candidate any more",
    { hold: "none", form: "split", routesMs: 500, rulesMs: 700, endpointsMs: 100, seed: 321_018 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [2_400, { kind: "crash", call: 1, when: "before", downMs: 5_100 }],
      [10_400, { kind: "ship", tag: "v4" }],
      [16_100, { kind: "command", verb: "promote" }],
      [18_000, { kind: "clockJump", byMs: -4_996 }],
      [19_800, { kind: "ship", tag: "v8-neverready" }],
    ],
  ],
  [
    "a rule that was taken away while the run ended was not made again, though routes named its subsets",
    { form: "split" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [100, { kind: "delayWatches", delayMs: 1_000, forMs: 500 }],
      [100, { kind: "ship", tag: "v1" }],
      [1_100, { kind: "deleteRule" }],
      [5_500, { kind: "unready", forMs: 500 }],
    ],
  ],
  [
    "a run whose creation was answered by nobody was not known, and a second one began beside it",
    { form: "split" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [0, { kind: "apiFault", fault: "conflict", fraction: 0.2, forMs: 500 }],
      [100, { kind: "delayWatches", delayMs: 500, forMs: 1_400 }],
      [100, { kind: "ship", tag: "v3" }],
      [900, { kind: "deleteRun", policy: "Background" }],
      [1_000, { kind: "apiFault", fault: "lost", fraction: 0.2, forMs: 7_200 }],
      [2_800, { kind: "crash", call: 4, when: "before", downMs: 500 }],
    ],
  ],
  [
    "the floor that a run had raised was not put back by the next one, which began at another size",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [4_800, { kind: "editLabels", subset: "stable", labels: "service" }],
      [14_900, { kind: "deleteRule" }],
      [15_400, { kind: "crash", call: 2, when: "before", downMs: 100 }],
      [16_400, { kind: "ship", tag: "v4" }],
      [16_400, { kind: "scale", replicas: 3 }],
    ],
  ],
  [
    "a withdrawal in the middle of the swap took the weight away and died before the labels: all users stayed on the twin",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [7_500, { kind: "editWeight", canary: 100 }],
      [14_400, { kind: "suspend", on: false }],
      [14_500, { kind: "crash", call: 7, when: "before", downMs: 2_200 }],
      [16_400, { kind: "deleteRollout", policy: "Background", againAfterMs: undefined }],
      [16_400, { kind: "ship", tag: "v1" }],
    ],
  ],
  [
    "a Rollout deleted in the foreground while users were on a twin lost its runs, and with them the routes as they were found",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [4_900, { kind: "crash", call: 15, when: "before", downMs: 100 }],
      [16_400, { kind: "ship", tag: "v3" }],
      [18_400, { kind: "deleteRollout", policy: "Foreground", againAfterMs: undefined }],
      [18_400, { kind: "ship", tag: "v1" }],
    ],
  ],
  [
    "a Rollout that was deleted and made again took users for being on a twin that was long gone, and sent them there",
    { form: "split" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [1_200, { kind: "command", verb: "promote", step: "first" }],
      [9_800, { kind: "breakWatches", how: "closed" }],
      [9_900, { kind: "ship", tag: "v6-slow50" }],
      [11_400, { kind: "deleteRollout", policy: "Orphan", againAfterMs: 2_600 }],
    ],
  ],
  [
    "nothing was read after the clock had been set back in the middle of a run",
    {},
    [
      [0, { kind: "ship", tag: "v5-errors50" }],
      [2_100, { kind: "deleteTwin" }],
      [2_100, { kind: "clockJump", byMs: 27_541 }],
      [2_600, { kind: "deleteTwin" }],
      [6_600, { kind: "command", verb: "retry", step: "first" }],
    ],
  ],
  [
    "what was read before the clock was set back was forgotten, and users waited once more",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [0, { kind: "ship", tag: "v5-errors50" }],
      [100, { kind: "clockJump", byMs: 8_300 }],
    ],
  ],
  [
    "nothing was read after the clock had been set back while a query was under way",
    {},
    [
      [0, { kind: "ship", tag: "v5-errors50" }],
      [6_000, { kind: "prometheus", mode: "slow", forMs: 1_000 }],
      [6_500, { kind: "clockJump", byMs: -120_000 }],
      [36_500, { kind: "suspend", on: false }],
    ],
  ],
  [
    "a weight that was too high was put back to the step's share, though somebody had taken it away in that moment",
    { form: "split" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [1_200, { kind: "breakWatches", how: "closed" }],
      [2_600, { kind: "delayWatches", delayMs: 2_600, forMs: 500 }],
      [4_200, { kind: "editWeight", canary: 90 }],
      [5_400, { kind: "editWeight", canary: 0 }],
      [5_500, { kind: "deleteRoute" }],
    ],
  ],
  [
    "a run that was deleted as a newer template began to roll stayed in Releasing, for want of anybody to take that one's pods away",
    { hold: "none" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [400, { kind: "scaleTwin", replicas: 0 }],
      [10_200, { kind: "command", verb: "approve", step: "first" }],
      [19_800, { kind: "delayWatches", delayMs: 200, forMs: 1_700 }],
      [21_400, { kind: "deleteRun", policy: "Background" }],
      [21_400, { kind: "ship", tag: "v3" }],
      [21_400, { kind: "delayWatches", delayMs: 200, forMs: 500 }],
    ],
  ],
  [
    "a run that was deleted stayed in Releasing, since a newer template had rolled out whole meanwhile",
    { hold: "none" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [400, { kind: "scaleTwin", replicas: 0 }],
      [10_200, { kind: "command", verb: "approve", step: "first" }],
      [19_800, { kind: "delayWatches", delayMs: 900, forMs: 1_700 }],
      [21_400, { kind: "deleteRun", policy: "Background" }],
      [21_400, { kind: "ship", tag: "v3" }],
      [21_400, { kind: "delayWatches", delayMs: 1_700, forMs: 500 }],
    ],
  ],
  [
    "a run that began in the moment in which the twin that users were on was deleted did not make it again",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [16_000, { kind: "delayWatches", delayMs: 5_000, forMs: 500 }],
      [16_400, { kind: "deleteTwin" }],
      [16_400, { kind: "ship", tag: "v1" }],
    ],
  ],
  [
    "a weight that somebody had taken away was written again from a cache, since the answer to the write of the next state was lost",
    { seed: 143_891 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [1_600, { kind: "delayWatches", delayMs: 800, forMs: 6_900 }],
      [2_100, { kind: "command", verb: "approve", step: "first" }],
      [2_100, { kind: "apiFault", fault: "lost", fraction: 0.2, forMs: 6_400 }],
      [7_600, { kind: "editWeight", canary: 0 }],
      [7_600, { kind: "editWeight", canary: 0 }],
    ],
  ],
  [
    "a Deployment that was deleted while users were on its twin, and made again, never got its routes and its autoscaler's floor back",
    { autoscaler: "acting" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [18_600, { kind: "deleteOwn", policy: "Background", againAfterMs: 500 }],
    ],
  ],
  [
    "labels that select nobody were left to a subset with users for as long as one live pod was not ready",
    {},
    [
      [0, { kind: "ship", tag: "v2" }],
      [1_000, { kind: "unready", forMs: 12_000 }],
      [1_100, { kind: "editLabels", subset: "stable", labels: "nobody" }],
    ],
  ],
  [
    "the canary subset was turned to the next candidate a moment after its weight was written down from 100",
    { autoscaler: "acting", seed: 520_744 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [7_500, { kind: "load", requestsPerSecond: 120 }],
      [10_700, { kind: "apiFault", fault: "error500", fraction: 1, forMs: 6_800 }],
      [11_400, { kind: "scale", replicas: 3 }],
      [22_100, { kind: "ship", tag: "v6-slow50" }],
      [22_200, { kind: "deleteRun", policy: "Background" }],
      [22_300, { kind: "editLabels", subset: "stable", labels: "service" }],
    ],
  ],
  [
    "a version that rolled out whole before the Deployment was marked counted as a new one, with no live pod to go back to",
    { autoscaler: "acting" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [0, { kind: "ship", tag: "v1" }],
      [0, { kind: "deleteOwn", policy: "Background", againAfterMs: 500 }],
      [0, { kind: "delayWatches", delayMs: 1_100, forMs: 1_600 }],
      [1_000, { kind: "crash", call: 1, when: "before", downMs: 100 }],
      [1_500, { kind: "ship", tag: "v2" }],
      [1_500, { kind: "crash", call: 5, when: "before", downMs: 1_500 }],
    ],
  ],
  [
    "a twin of two runs ago was left for good beside the one that users rest on, since the run between was left for a newer template",
    { autoscaler: "acting" },
    [
      [0, { kind: "ship", tag: "v2" }],
      [8_400, { kind: "scaleTwin", replicas: 0 }],
      [8_600, { kind: "command", verb: "approve", step: "first" }],
      [17_400, { kind: "editWeight", canary: 0 }],
      [17_400, { kind: "ship", tag: "v3" }],
      [23_400, { kind: "command", verb: "approve", step: "first" }],
      [35_400, { kind: "ship", tag: "v8-neverready" }],
      [35_400, { kind: "unready", forMs: 500 }],
    ],
  ],
  [
    "a route that Git put back without subsets, while users rested on a twin, led them past it to pods of a version that nobody vetted",
    { hold: "none", autoscaler: "acting", seed: 744_623 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [10_500, { kind: "policy", becomes: "limited" }],
      [22_400, { kind: "crash", call: 1, when: "before", downMs: 100 }],
      [22_400, { kind: "ship", tag: "v4" }],
      [22_600, { kind: "deleteRoute" }],
      [22_600, { kind: "scale", replicas: 5 }],
    ],
  ],
];

test.each([...FOUND, ...foundLate])("holds where once %s", async (_what, setting, actions) => {
  expect((await play(at(actions, setting))).broken).toEqual([]);
});
