import { parseAllDocuments } from "yaml";
import { expect, test } from "vitest";
import { allCrds } from "../api/crd/kinds.ts";
import { crdsCommand } from "./crds.ts";
import { generatedFiles, staleFiles } from "./generate.ts";

test("the generated files in the repository are what the code makes: else run npm run generate", () => {
  expect(staleFiles()).toEqual([]);
});

test("the same code makes the same bytes", () => {
  expect(generatedFiles()).toEqual(generatedFiles());
});

test("sluice crds prints both kinds, whole", () => {
  const documents = parseAllDocuments(crdsCommand()).map((document) => document.toJS() as unknown);
  expect(documents).toEqual(allCrds());
});
