import { z } from "zod";
import { also, problem, selector } from "./fields.ts";

/** https://istio.io/latest/docs/reference/config/security/peer_authentication/ */

const mtls = z.strictObject({ mode: z.enum(["UNSET", "DISABLE", "PERMISSIVE", "STRICT"]).optional() });

export const peerAuthenticationSpec = also(
  z.strictObject({
    selector: selector.optional(),
    mtls: mtls.optional(),
    portLevelMtls: z.record(z.string(), mtls).optional(),
  }),
  ({ selector: selects, portLevelMtls }) => {
    if (portLevelMtls === undefined) return [];
    const ports = Object.keys(portLevelMtls);
    const isPort = (text: string) => /^[1-9]\d*$/.test(text) && Number(text) <= 65535;
    return [
      ...(ports.length === 0 ? [problem(["portLevelMtls"], "expected at least one port")] : []),
      ...(Object.keys(selects?.matchLabels ?? {}).length === 0
        ? [problem(["portLevelMtls"], "needs a selector: ports belong to workloads, not to a namespace")]
        : []),
      ...ports
        .filter((port) => !isPort(port))
        .map((port) => problem(["portLevelMtls", port], `expected a port from 1 to 65535, got ${port}`)),
    ];
  },
);
