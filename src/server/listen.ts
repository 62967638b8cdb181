/** Where to listen; no host: on every address. */
export interface Listen {
  host?: string;
  port: number;
}

/** Reads `:8080`, `8080`, `127.0.0.1:8080`, `[::1]:8080`; undefined when it is none of these. */
export function parseListen(text: string): Listen | undefined {
  const match = /^(?:(?<host>\[[^\]]+\]|[^:[\]]*):)?(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.["port"]);
  if (match === null || port > 65_535) return undefined;
  const host = (match.groups?.["host"] ?? "").replace(/^\[|\]$/g, "");
  return host === "" ? { port } : { host, port };
}
