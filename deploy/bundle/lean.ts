import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

const require = createRequire(import.meta.url);
const undici = dirname(require.resolve("undici/package.json"));

/**
 * What Sluice and the Kubernetes client use of undici. Its index brings fetch, WebSocket, caches and mocks besides. A path that a newer
 * undici does not have any more ends the bundling with its name.
 */
const UNDICI_PARTS = `
const Dispatcher = require(${JSON.stringify(join(undici, "lib/dispatcher/dispatcher.js"))});
Object.assign(Dispatcher.prototype, require(${JSON.stringify(join(undici, "lib/api/index.js"))}));
exports.Agent = require(${JSON.stringify(join(undici, "lib/dispatcher/agent.js"))});
exports.ProxyAgent = require(${JSON.stringify(join(undici, "lib/dispatcher/proxy-agent.js"))});
`;

/**
 * Leaves out what takes longest at a start and is not used. Besides undici's index that is Node's own copy of it: whoever imports
 * node:http by name gets every export of it read, WebSocket as well, and reading that one loads the copy. What is required does not.
 */
export const LEAN: Plugin = {
  name: "lean",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: "undici", namespace: "parts" }));
    onLoad({ filter: /.*/, namespace: "parts" }, () => ({ contents: UNDICI_PARTS, resolveDir: undici }));
    onResolve({ filter: /^(node:)?https?$/ }, ({ path, kind }) =>
      kind === "import-statement" ? { path: path.replace(/^(?!node:)/, "node:"), namespace: "required" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};
