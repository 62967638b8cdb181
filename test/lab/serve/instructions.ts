import { delimiter, dirname } from "node:path";
import type { Doors } from "./doors.ts";

export interface InstructionOptions {
  kubeconfig: string;
  doors: Doors;
  host: string;
  /** Path of a kubectl that is there, and where a shell looks for one. */
  kubectl: string;
  searchPath: string;
}

/** What is running, and what to type now. Every line of it can be pasted as it stands. */
export function instructions(options: InstructionOptions): string {
  const { kubeconfig, doors, host, kubectl } = options;
  const isFound = kubectl.endsWith("/kubectl") && options.searchPath.split(delimiter).includes(dirname(kubectl));
  const alias = isFound
    ? ""
    : `  alias kubectl=${kubectl}
`;
  return `
The lab is up: Deployment shop/checkout takes 100 requests a second through Istio's gateway,
and Rollout shop/checkout protects it.

In another terminal, in this folder:

  export KUBECONFIG=${kubeconfig}
${alias}
Ship a good version, and watch it go 10 %, 30 %, 50 %, all (about two minutes):

  kubectl -n shop set image deployment/checkout app=shop/checkout:v2
  npm run -s sluice -- get checkout -n shop
  kubectl -n shop get rollouts,rolloutruns
  kubectl -n shop get events --sort-by=.metadata.creationTimestamp

When that is promoted, ship one that fails half of its requests: it is taken back within seconds. Then
one that is slow: its Rollout says to pause, so users are taken away and the run waits for a word.

  kubectl -n shop set image deployment/checkout app=shop/checkout:v3-errors50
  kubectl -n shop set image deployment/checkout app=shop/checkout:v4-slow50
  npm run -s sluice -- abort checkout -n shop

See what users see, what Istio was told, and the numbers:

  curl -si -H 'Host: ${host}' http://127.0.0.1:${doors.gateway}/ | grep x-version
  kubectl -n shop get virtualservice,destinationrule -o yaml
  curl -s 'http://127.0.0.1:${doors.prometheus}/api/v1/query?query=sum(istio_requests_total)by(destination_workload)'

Prometheus has a page at http://127.0.0.1:${doors.prometheus}. Tags such as -crash, -neverready, -latency30: test/lab/README.md.
Ctrl-C ends everything.
`;
}
