import type { z } from "zod";
import { GROUP, VERSION } from "../metadata.ts";
import { type StructuralSchema, structural } from "./structural.ts";

export interface PrinterColumn {
  name: string;
  type: "string" | "integer" | "number" | "date" | "boolean";
  jsonPath: string;
  description?: string;
  /** Above 0: shown by `-o wide` only. */
  priority?: number;
}

export interface KindDefinition {
  kind: string;
  plural: string;
  singular: string;
  shortName: string;
  description: string;
  /** @default "Namespaced" */
  scope?: "Namespaced" | "Cluster";
  /** What the API server judges and stores. */
  spec: z.ZodType;
  /** The spec with the defaults that are filled in later, for the reference. @default spec */
  documented?: z.ZodType;
  /** Kinds without one are only ever written by people. */
  status?: { schema: z.ZodType; description: string };
  /** Longest name that an object may have. */
  nameLength: number;
  columns: readonly PrinterColumn[];
}

export interface CustomResourceDefinition {
  apiVersion: "apiextensions.k8s.io/v1";
  kind: "CustomResourceDefinition";
  metadata: { name: string };
  spec: {
    group: string;
    names: {
      kind: string;
      listKind: string;
      plural: string;
      singular: string;
      shortNames: string[];
      categories: string[];
    };
    scope: "Namespaced" | "Cluster";
    versions: {
      name: string;
      served: true;
      storage: true;
      subresources?: { status: Record<string, never> };
      additionalPrinterColumns: PrinterColumn[];
      schema: { openAPIV3Schema: StructuralSchema };
    }[];
  };
}

/** The CustomResourceDefinition of a kind. */
export function crdOf(definition: KindDefinition): CustomResourceDefinition {
  const { kind, plural, singular, shortName, scope = "Namespaced" } = definition;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName], categories: ["sluice"] },
      scope,
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          ...(definition.status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: [...definition.columns],
          schema: { openAPIV3Schema: objectSchema(definition) },
        },
      ],
    },
  };
}

function objectSchema(definition: KindDefinition): StructuralSchema {
  return {
    description: definition.description,
    type: "object",
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      // The length of its name is all that a CRD may say about metadata.
      metadata: { type: "object", properties: { name: { type: "string", maxLength: definition.nameLength } } },
      spec: structural(definition.spec),
      ...(definition.status === undefined ? {} : { status: statusSchema(definition.status) }),
    },
  };
}

/** -1: nobody has looked at this object yet. Tools that wait for an object would otherwise take a new one for finished. */
function statusSchema({ schema, description }: NonNullable<KindDefinition["status"]>): StructuralSchema {
  return { ...structural(schema), description, default: { observedGeneration: -1 } };
}
