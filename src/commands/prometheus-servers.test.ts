import { expect, test } from "vitest";
import { prometheusServers } from "./prometheus-servers.ts";

test("flags win over the environment, whose servers are separated by blanks", () => {
  expect(Object.keys(prometheusServers({}, " http://a  payments=http://b "))).toEqual(["default", "payments"]);
  expect(Object.keys(prometheusServers({ prometheus: ["other=http://c"] }, "http://a"))).toEqual(["other"]);
  expect(prometheusServers({}, undefined)).toEqual({});
});

test("an address that is none is refused without repeating it: it may hold a password", () => {
  expect(() => prometheusServers({ prometheus: ["ftp://me:s3cret@x"] }, undefined)).toThrow(
    /^--prometheus default: (?!.*s3cret)/,
  );
});

test("a token for a server that is not there is a mistake", () => {
  expect(() =>
    prometheusServers({ prometheus: ["http://a"], prometheusTokenFile: ["payments=/token"] }, undefined),
  ).toThrow('the Prometheus "payments", which is not among the servers: default');
});

test("a CA file that cannot be read is named", () => {
  expect(() =>
    prometheusServers({ prometheus: ["https://a"], prometheusCaFile: ["/nowhere/ca.pem"] }, undefined),
  ).toThrow("/nowhere/ca.pem");
});
