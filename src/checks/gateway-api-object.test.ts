import { expect, test } from "vitest";
import { httpRoute, said } from "./fixture.ts";
import { gatewayApiObject } from "./gateway-api-object.ts";

// What the API server takes and refuses is asked of the Gateway API's own definitions in test/contract/lint. Here: how it is told.

const run = (rule: Record<string, unknown>) => said(gatewayApiObject.run(httpRoute("edge", { rules: [rule] })));

test("has nothing to say of a route in order, and of other kinds", () => {
  expect(run({ backendRefs: [{ name: "checkout", port: 80, weight: 1 }] })).toEqual([]);
  expect(gatewayApiObject.run({ ...httpRoute("edge", {}), kind: "GRPCRoute", spec: { rules: 1 } })).toEqual([]);
});

test.each<[string, Record<string, unknown>, string]>([
  [
    "says what is missing",
    { backendRefs: [{ name: "checkout" }] },
    "fail: HTTPRoute shop/edge spec.rules[0].backendRefs[0].port: missing: a Service is sent to by a port.",
  ],
  [
    "names the field that was meant",
    { backendRef: [] },
    'spec.rules[0].backendRef: there is no field "backendRef"; did you mean "backendRefs"?',
  ],
  [
    "says which fields do not go together",
    { filters: [{ type: "URLRewrite", requestMirror: { backendRef: { name: "a", port: 80 } } }] },
    "spec.rules[0].filters[0].requestMirror: leave it out: type is URLRewrite.",
  ],
])("%s", (_, rule, message) => {
  expect(run(rule).join("\n")).toContain(message);
});
