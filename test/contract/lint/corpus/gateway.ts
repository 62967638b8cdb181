import { bad, below, both, drop, good, type Mutation, refuses, set, setAt, takes, type ValueAt } from "./mutation.ts";

const hosts: ValueAt[] = [
  good("everybody's", ["*"]),
  good("a wildcard", ["*.example.com"]),
  good("of a namespace", ["shop/*.example.com"]),
  good("of any namespace", ["*/shop.example.com"]),
  good("of its own namespace", ["./shop.example.com"]),
  good("an address", ["10.0.0.7"]),
  bad("none", []),
  bad("short", ["checkout"]),
  bad("with a part of a wildcard", ["*shop.example.com"]),
  bad("with a wildcard in the middle", ["shop.*.com"]),
  bad("with a namespace that is none", ["sh_op/shop.example.com"]),
  bad("with an empty name", ["shop/"]),
  bad("with a port", ["shop.example.com:443"]),
  bad("as text", "shop.example.com"),
];

const ports: ValueAt[] = [
  good("of gRPC", { number: 80, name: "grpc", protocol: "GRPC" }),
  good("in small letters", { number: 80, name: "http", protocol: "http" }),
  bad("without a protocol", { number: 80, name: "http" }),
  bad("of a protocol that does not exist", { number: 80, name: "http", protocol: "HTTP3" }),
  bad("without a name", { number: 80, protocol: "HTTP" }),
  bad("with an empty name", { number: 80, name: "", protocol: "HTTP" }),
  bad("without a number", { name: "http", protocol: "HTTP" }),
  bad("0", { number: 0, name: "http", protocol: "HTTP" }),
  bad("70000", { number: 70000, name: "http", protocol: "HTTP" }),
  bad("in quotes", { number: "80", name: "http", protocol: "HTTP" }),
  bad("with a target", { number: 80, name: "http", protocol: "HTTP", targetPort: 8080 }),
];

const certificates: ValueAt[] = [
  good("from a Secret", { mode: "SIMPLE", credentialName: "certs" }),
  good("from files", { mode: "SIMPLE", serverCertificate: "/a.pem", privateKey: "/a.key" }),
  good("of both sides, from a Secret", { mode: "MUTUAL", credentialName: "certs" }),
  good("passed through", { mode: "PASSTHROUGH" }),
  good("of the mesh", { mode: "ISTIO_MUTUAL" }),
  bad("of a mode that does not exist", { mode: "STRICT" }),
  bad("from nowhere", { mode: "SIMPLE" }),
  bad("without its key", { mode: "SIMPLE", serverCertificate: "/a.pem" }),
  bad("of both sides without a CA", { mode: "MUTUAL", serverCertificate: "/a.pem", privateKey: "/a.key" }),
  bad("from a Secret and from files", {
    mode: "SIMPLE",
    credentialName: "certs",
    serverCertificate: "/a.pem",
    privateKey: "/a.key",
  }),
  bad("from one Secret and from two", { mode: "SIMPLE", credentialName: "a", credentialNames: ["b"] }),
  bad("from three Secrets", { mode: "SIMPLE", credentialNames: ["a", "b", "c"] }),
  bad("of the mesh and from a Secret", { mode: "ISTIO_MUTUAL", credentialName: "certs" }),
  bad("with a list of the revoked that nobody reads", {
    mode: "SIMPLE",
    serverCertificate: "/a.pem",
    privateKey: "/a.key",
    caCrl: "/crl.pem",
  }),
  bad("of a version that does not exist", { mode: "SIMPLE", credentialName: "certs", minProtocolVersion: "TLSV1_4" }),
  bad("with a field that does not exist", { mode: "SIMPLE", secretName: "certs" }),
];

const whole: Mutation[] = [
  takes("an older version of the API", setAt(["apiVersion"], "networking.istio.io/v1beta1")),
  refuses("a name with a dot", setAt(["metadata", "name"], "checkout.edge")),
  refuses("no servers", drop("servers")),
  refuses("an empty list of servers", set("servers", [])),
  refuses("a server without a port", drop("servers[0].port")),
  refuses("a server without hosts", drop("servers[0].hosts")),
  refuses("two ports of one name", set("servers[1].port.name", "http")),
  refuses("HTTPS without TLS", drop("servers[1].tls")),
  refuses("certificates for HTTP", set("servers[0].tls", { mode: "SIMPLE", credentialName: "certs" })),
  refuses("TLS for TCP", both(set("servers[0].port.protocol", "TCP"), set("servers[0].tls", { mode: "PASSTHROUGH" }))),
  takes("bound to an address", set("servers[0].bind", "127.0.0.1")),
  refuses("bound to a name", set("servers[0].bind", "localhost")),
  refuses("bound to a socket and a port", set("servers[0].bind", "unix:///run/a.sock")),
  takes("bound to a socket", both(set("servers[0].bind", "unix:///run/a.sock"), set("servers[0].port.number", 0))),
  refuses("a selector with matchLabels", set("selector", { matchLabels: { istio: "ingressgateway" } })),
  refuses("the listeners of the Gateway API", set("listeners", [])),
];

export const gatewayMutations: readonly Mutation[] = [
  ...whole,
  ...below("servers[0].hosts", "hosts", hosts),
  ...below("servers[0].port", "a port", ports),
  ...below("servers[1].tls", "certificates", certificates),
];
