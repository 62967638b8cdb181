import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { also, problem } from "./fields.ts";
import { isDnsLabel, isFullName } from "./names.ts";

/** Gateways that a VirtualService is bound to: "mesh", NAME, NAMESPACE/NAME. */
export const gatewayNames = also(z.array(z.string()), problems);

function problems(names: readonly string[]): Violation[] {
  // Istio looks no further than the first name without a namespace.
  const plain = names.findIndex((name) => !name.includes("/"));
  return names
    .slice(0, plain < 0 ? undefined : plain + 1)
    .flatMap((name, index) =>
      isGatewayName(name)
        ? []
        : [problem([index], `expected a Gateway as NAME or NAMESPACE/NAME, or mesh, got ${JSON.stringify(name)}`)],
    );
}

function isGatewayName(name: string): boolean {
  const slash = name.indexOf("/");
  if (slash < 0) return isFullName(name);
  return isDnsLabel(name.slice(0, slash)) && isDnsLabel(name.slice(slash + 1));
}
