import type { Found } from "./schedule.ts";

/** Found with writes that are carried out late and with hands that break the hold. */
export const foundLate: readonly Found[] = [
  [
    "a patch of a dead controller put the labels of one run back in the middle of the next, and stable led to the new candidate's pods",
    { form: "split", autoscaler: "acting", seed: 1 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [1_100, { kind: "command", verb: "approve", step: "first" }],
      [6_400, { kind: "editWeight", canary: 0 }],
      [6_500, { kind: "lateWrite", call: 5, lateMs: 4_000, downMs: 100 }],
      [11_400, { kind: "ship", tag: "v4" }],
    ],
  ],
  [
    "labels stayed narrowed to pods that went with their Deployment, while a run waited for what a dead controller may have sent",
    { hold: "none", autoscaler: "acting", routesMs: 700, rulesMs: 100, endpointsMs: 300, seed: 19 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [1_500, { kind: "deleteOwn", policy: "Background", againAfterMs: 5_200 }],
      [6_900, { kind: "crash", call: 11, when: "after", downMs: 4_600 }],
    ],
  ],
  [
    "routes that had been put back were split again, while a run waited for what a dead controller may have sent, and no proxy knew the rule",
    { hold: "none", rulesMs: 200, seed: 1 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [11_500, { kind: "command", verb: "skip", step: "no-such-step" }],
      [21_100, { kind: "crash", call: 17, when: "before", downMs: 1_800 }],
      [27_400, { kind: "ship", tag: "v8-neverready" }],
      [29_200, { kind: "crash", call: 20, when: "after", downMs: 2_400 }],
    ],
  ],
  [
    "a run that was asked for when the newest had been deleted had that one's name, and was made late, beside another",
    { hold: "none", autoscaler: "idle", routesMs: 300, rulesMs: 400, endpointsMs: 300, seed: 438_689 },
    [
      [0, { kind: "ship", tag: "v5-errors50" }],
      [9_900, { kind: "command", verb: "promote", step: "all" }],
      [10_700, { kind: "lateWrite", call: 9, lateMs: 6_700, downMs: 1_200 }],
      [17_200, { kind: "apiFault", fault: "late", fraction: 1, forMs: 7_400 }],
      [20_100, { kind: "deleteRule" }],
      [22_100, { kind: "ship", tag: "v8-neverready" }],
      [24_300, { kind: "deleteRun", policy: "Background" }],
    ],
  ],
  [
    "a Rollout was released just after its Deployment had been resumed, and left it paused with pods of both versions",
    { hold: "none", form: "split", autoscaler: "acting", routesMs: 700, rulesMs: 200, endpointsMs: 200, seed: 184_191 },
    [
      [0, { kind: "ship", tag: "v5-errors50" }],
      [8_400, { kind: "command", verb: "abort" }],
      [8_700, { kind: "deleteRollout", policy: "Foreground", againAfterMs: undefined }],
      [10_200, { kind: "editSpec", becomes: "frozenNowAndThen" }],
      [11_500, { kind: "policy", becomes: "limited" }],
      [12_100, { kind: "prometheus", mode: "slow", forMs: 10_700 }],
      [13_000, { kind: "deleteRule" }],
      [13_000, { kind: "ship", tag: "v2" }],
      [14_700, { kind: "apiFault", fault: "busy", fraction: 1, forMs: 2_100 }],
      [16_000, { kind: "resume" }],
    ],
  ],
  [
    "a rule that led users to a twin was deleted while the next run waited for a window, and stayed away as long as that",
    { autoscaler: "acting", routesMs: 0, rulesMs: 0, endpointsMs: 0, seed: 1 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [100, { kind: "policy", becomes: "frozen" }],
      [6_400, { kind: "editWeight", canary: 100 }],
      [16_400, { kind: "ship", tag: "v5-errors50" }],
      [18_400, { kind: "revertRule" }],
      [18_400, { kind: "policy", becomes: "limited" }],
    ],
  ],
  [
    "a run that was about to end waited for good for pods that a broken hold had let through",
    { hold: "none", autoscaler: "acting", routesMs: 0, rulesMs: 0, endpointsMs: 0, seed: 1 },
    [
      [0, { kind: "ship", tag: "v2" }],
      [10_300, { kind: "unready", forMs: 500 }],
      [18_200, { kind: "breakWatches", how: "closed" }],
      [22_600, { kind: "lateWrite", call: 2, lateMs: 100, downMs: 100 }],
      [23_200, { kind: "apiFault", fault: "conflict", fraction: 1, forMs: 6_300 }],
      [23_800, { kind: "resume" }],
      [24_600, { kind: "deleteRun", policy: "Orphan" }],
      [24_800, { kind: "crash", call: 9, when: "before", downMs: 4_100 }],
      [30_700, { kind: "ship", tag: "v8-neverready" }],
    ],
  ],
];
