import { expect, test } from "vitest";
import { parseListen } from "./listen.ts";

test.each([
  [":8080", { port: 8080 }],
  ["8080", { port: 8080 }],
  ["127.0.0.1:0", { host: "127.0.0.1", port: 0 }],
  ["localhost:9", { host: "localhost", port: 9 }],
  ["[::1]:8080", { host: "::1", port: 8080 }],
])("%s is an address to listen at", (text, expected) => {
  expect(parseListen(text)).toEqual(expected);
});

test.each(["", ":", "x", ":65536", "1.2.3.4", "http://x:80", "a:b:80", "::1:80"])("%s is none", (text) => {
  expect(parseListen(text)).toBeUndefined();
});
