import { z } from "zod";
import type { Violation } from "../../api/rule.ts";
import { also, flag, flagOrNull, notEmpty, problem, textMap, texts, textThat, uint32 } from "./fields.ts";
import { isAddress, isDnsLabel, isHost } from "./names.ts";

/** https://istio.io/latest/docs/reference/config/networking/gateway/ */

const PROTOCOLS = [
  "HTTP",
  "HTTPS",
  "GRPC",
  "GRPC-WEB",
  "HTTP2",
  "HTTP_PROXY",
  "MONGO",
  "REDIS",
  "MYSQL",
  "TCP",
  "TLS",
  "UDP",
];
const TLS_VERSIONS = ["TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"] as const;
const CERTIFICATES = ["serverCertificate", "privateKey", "caCertificates", "credentialName"] as const;

const tls = z.strictObject({
  mode: z.enum(["PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"]).optional(),
  httpsRedirect: flag.optional(),
  insecureSkipVerify: flagOrNull.optional(),
  serverCertificate: z.string().optional(),
  privateKey: z.string().optional(),
  caCertificates: z.string().optional(),
  caCrl: z.string().optional(),
  caCertCredentialName: z.string().optional(),
  credentialName: z.string().optional(),
  credentialNames: texts.min(1).max(2).optional(),
  tlsCertificates: z
    .array(
      z.strictObject({
        serverCertificate: z.string().optional(),
        privateKey: z.string().optional(),
        caCertificates: z.string().optional(),
      }),
    )
    .min(1)
    .max(2)
    .optional(),
  subjectAltNames: texts.optional(),
  verifyCertificateSpki: texts.optional(),
  verifyCertificateHash: texts.optional(),
  cipherSuites: texts.optional(),
  minProtocolVersion: z.enum(TLS_VERSIONS).optional(),
  maxProtocolVersion: z.enum(TLS_VERSIONS).optional(),
});

type Tls = z.output<typeof tls>;

const server = also(
  z.strictObject({
    name: z.string().optional(),
    hosts: z.array(textThat(isServerHost, 'a host with a dot, "*", or one of them behind "NAMESPACE/"')).min(1),
    bind: z.string().optional(),
    defaultEndpoint: z.string().optional(),
    port: z.strictObject({
      name: notEmpty,
      number: uint32.max(65535),
      protocol: textThat(
        (text) => PROTOCOLS.includes(text.toUpperCase()) && text.toUpperCase() !== "UDP",
        `one of ${PROTOCOLS.slice(0, -1).join(", ")}`,
      ),
      targetPort: uint32.optional(),
    }),
    tls: also(tls, tlsProblems).optional(),
  }),
  ({ port, bind = "", tls: given }) => [
    ...bindProblems(bind, port.number),
    ...((port.targetPort ?? 0) > 0
      ? [problem(["port", "targetPort"], "a Gateway has no target port: leave it out")]
      : []),
    ...protocolProblems(port.protocol.toUpperCase(), given),
  ],
);

export const gatewaySpec = z.strictObject({
  selector: textMap.optional(),
  servers: also(z.array(server).min(1), (servers) => {
    const names = servers.map(({ port }) => port.name);
    return names.flatMap((name, index) =>
      names.indexOf(name) < index
        ? [problem([index, "port", "name"], `${name} is the name of another server's port`)]
        : [],
    );
  }),
});

/** "*", a host with a dot or an address; behind a namespace, "." or "*" where one is given. */
function isServerHost(text: string): boolean {
  const slash = text.indexOf("/");
  const name = text.slice(slash + 1);
  const namespace = slash < 0 ? "*" : text.slice(0, slash);
  if (namespace !== "*" && namespace !== "." && !isDnsLabel(namespace)) return false;
  if (name === "*") return true;
  if (!name.includes(".")) return false;
  return isAddress(name) || (isHost(name) && (!name.includes("*") || name.startsWith("*.")));
}

function bindProblems(bind: string, port: number): Violation[] {
  if (bind.startsWith("unix://")) {
    const path = bind.slice("unix://".length);
    return [
      ...(path.startsWith("@") || (path.startsWith("/") && !path.endsWith("/"))
        ? []
        : [problem(["bind"], `expected unix:// and the whole path of a socket, got ${JSON.stringify(bind)}`)]),
      ...(port === 0 ? [] : [problem(["port", "number"], "expected 0, since bind names a socket")]),
    ];
  }
  return [
    ...(port === 0 ? [problem(["port", "number"], "expected a port from 1 to 65535, got 0")] : []),
    ...(bind === "" || isAddress(bind) ? [] : [problem(["bind"], `expected an address, got ${JSON.stringify(bind)}`)]),
  ];
}

function protocolProblems(protocol: string, given: Tls | undefined): Violation[] {
  const isTls = protocol === "HTTPS" || protocol === "TLS";
  if (isTls) return given === undefined ? [problem(["tls"], `missing: a server for ${protocol} needs it`)] : [];
  if (given === undefined) return [];
  // What is left as it comes, PASSTHROUGH, is how httpsRedirect is written alone.
  const isPlain = ["HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-WEB"].includes(protocol);
  const passes = given.mode === undefined || given.mode === "PASSTHROUGH" || given.mode === "AUTO_PASSTHROUGH";
  const bare = [given.caCertificates, given.privateKey, given.serverCertificate].every((each = "") => each === "");
  if (isPlain && passes && bare) return [];
  return [
    problem(
      ["tls"],
      `a server for ${protocol} has no TLS${isPlain ? " but httpsRedirect" : ""}: leave it out, or set protocol to HTTPS`,
    ),
  ];
}

function tlsProblems(given: Tls): Violation[] {
  const has = (field: keyof Tls): boolean => {
    const value = given[field];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== "";
  };
  if (given.mode === "ISTIO_MUTUAL")
    return [...CERTIFICATES, "credentialNames" as const, "tlsCertificates" as const]
      .filter(has)
      .map((field) => problem([field], "the mesh brings the certificates of ISTIO_MUTUAL: leave it out"));
  const sources = [
    ...(has("serverCertificate") && has("privateKey") ? (["serverCertificate"] as const) : []),
    ...(["credentialName", "credentialNames", "tlsCertificates"] as const).filter(has),
  ];
  const isMutual = given.mode === "MUTUAL" || given.mode === "OPTIONAL_MUTUAL";
  return [
    ...(sources.length > 1 ? [problem([sources[1] ?? ""], `expected one of ${sources.join(", ")}`)] : []),
    ...(has("credentialName") || has("credentialNames") || (given.mode !== "SIMPLE" && !isMutual)
      ? []
      : certificateProblems(given, isMutual)),
    ...(has("caCrl") && !(has("credentialName") && (given.mode === "SIMPLE" || isMutual)) ? crlProblems(given) : []),
  ];
}

function certificateProblems(given: Tls, isMutual: boolean): Violation[] {
  const lists: readonly Pick<Tls, "serverCertificate" | "privateKey">[] = given.tlsCertificates ?? [given];
  return [
    ...(isMutual && (given.caCertificates ?? "") === ""
      ? [problem(["caCertificates"], `missing: ${given.mode ?? ""} checks callers by it`)]
      : []),
    ...lists.flatMap((each, index) =>
      (["serverCertificate", "privateKey"] as const)
        .filter((field) => (each[field] ?? "") === "")
        .map((field) =>
          problem(
            given.tlsCertificates === undefined ? [field] : ["tlsCertificates", index, field],
            `missing: ${given.mode ?? ""} needs it, or credentialName`,
          ),
        ),
    ),
  ];
}

function crlProblems({ credentialName = "", mode }: Tls): Violation[] {
  if (credentialName !== "") return [problem(["caCrl"], "belongs into the Secret that credentialName names")];
  return mode === "SIMPLE" ? [problem(["caCrl"], "SIMPLE checks no certificate of callers: leave it out")] : [];
}
