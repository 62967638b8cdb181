import { defineObjectCheck } from "./define.ts";
import { httpRouteProblems } from "./gateway-api/object.ts";

/** Of the kinds of the Gateway API the one that can lead users to a Service. */
export const gatewayApiObject = defineObjectCheck(
  {
    id: "gateway-api-object",
    number: 44,
    title: "The Gateway API takes every HTTPRoute.",
    severity: "fail",
    reason: "What its schema refuses is not applied: users go on by the routes of before, while Git says otherwise.",
    remedy: "Correct the field; https://gateway-api.sigs.k8s.io/reference/spec/ has all of them.",
  },
  httpRouteProblems,
);
