import { afterAll, beforeAll, expect, test } from "vitest";
import { commandsCases } from "./deploy-commands-cases.ts";
import { holdCases } from "./deploy-hold-cases.ts";
import { installCases } from "./deploy-install-cases.ts";
import { type DeployLab, openDeployLab } from "./deploy-lab.ts";
import { processCases } from "./deploy-process-cases.ts";
import { rightsCases } from "./deploy-rights-cases.ts";

let house: DeployLab;

beforeAll(async () => {
  house = await openDeployLab();
});

afterAll(async () => {
  await house?.close();
});

test("a cluster without the CRDs is met with how to install them", () => {
  expect(house.before).toMatchObject({ code: 1, out: "" });
  expect(house.before.err).toContain("sluice crds | kubectl apply --server-side -f -");
});

const open = () => house;
installCases(open);
rightsCases(open);
holdCases(open);
commandsCases(open);
processCases(open);
