import { expect, test } from "vitest";
import { ApiError } from "../kube/errors.ts";
import { troubleTeller } from "./trouble.ts";

test("each reason is told once, in a line that names the cluster", () => {
  const lines: string[] = [];
  const tell = troubleTeller("https://cluster", (line) => lines.push(line));
  for (let time = 0; time < 3; time++) {
    tell(new ApiError(503, "ServiceUnavailable", "shutting down"));
    tell(new ApiError(0, "Network", "connect ECONNREFUSED"));
  }
  expect(lines).toEqual([
    "the cluster at https://cluster answers HTTP 503: shutting down; it is asked again",
    "the cluster at https://cluster cannot be reached: connect ECONNREFUSED; it is asked again",
  ]);
});
