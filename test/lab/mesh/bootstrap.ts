/** Who an Envoy is to istiod. */
export interface ProxyIdentity {
  readonly type: "router" | "sidecar";
  readonly name: string;
  readonly namespace: string;
  /** Its own; never that of a pod. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface BootstrapPorts {
  readonly admin: number;
  /** istiod's gRPC port. */
  readonly xds: number;
}

/** The file that Envoy starts from. All that it routes by comes from istiod afterwards. */
export function envoyBootstrap(identity: ProxyIdentity, ports: BootstrapPorts): Record<string, unknown> {
  const { type, name, namespace, address } = identity;
  const ads = { ads: {}, resource_api_version: "V3", initial_fetch_timeout: "0s" };
  return {
    node: {
      id: `${type}~${address}~${name}-1.${namespace}~${namespace}.svc.cluster.local`,
      cluster: `${name}.${namespace}`,
      metadata: {
        NAMESPACE: namespace,
        INSTANCE_IPS: address,
        CLUSTER_ID: "Kubernetes",
        ISTIO_VERSION: "1.31.0",
        LABELS: identity.labels,
        WORKLOAD_NAME: name,
        SERVICE_ACCOUNT: name,
        // A sidecar without iptables listens on 127.0.0.1 at every service's port instead.
        ...(type === "sidecar" ? { INTERCEPTION_MODE: "NONE" } : {}),
      },
    },
    admin: { address: socket(ports.admin) },
    // Istio's default is 5 s, in which histograms (not counters) stand still: too long for scrapes every second.
    stats_flush_interval: "1s",
    stats_config: {
      // Istio's cluster names end in ";" and have dots inside, at which the default tags would cut them.
      use_all_default_tags: false,
      stats_tags: [
        { tag_name: "cluster_name", regex: "^cluster(\\.(.+);)" },
        { tag_name: "response_code", regex: "_rq(_(\\d{3}))$" },
        { tag_name: "response_code_class", regex: "_rq(_(\\dxx))$" },
      ],
      stats_matcher: {
        inclusion_list: {
          patterns: [
            { safe_regex: { regex: "cluster\\..*;\\.(retry\\.)?upstream_rq.*" } },
            { safe_regex: { regex: "cluster\\..*;\\.(membership|upstream_cx)_.*" } },
            { prefix: "cluster_manager" },
            { prefix: "listener_manager" },
            { prefix: "server" },
          ],
        },
      },
    },
    dynamic_resources: {
      lds_config: ads,
      cds_config: ads,
      ads_config: {
        api_type: "DELTA_GRPC",
        transport_api_version: "V3",
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: "xds-grpc" } }],
      },
    },
    static_resources: { clusters: [xdsCluster(ports.xds)] },
  };
}

function xdsCluster(port: number): Record<string, unknown> {
  return {
    name: "xds-grpc",
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: "xds-grpc",
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(port) } }] }],
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
}

function socket(port: number): Record<string, unknown> {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
