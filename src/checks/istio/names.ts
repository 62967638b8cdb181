/** The names that Istio takes, and how it compares hosts. */

const LABEL = "[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?";
const DNS_LABEL = new RegExp(`^${LABEL}$`);
const FIRST_LABEL = new RegExp(`^(?:\\*|(?:\\*|\\*-)?${LABEL})$`);
const QUALIFIED = "(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_KEY = new RegExp(`^(?:(${LABEL}(?:\\.${LABEL})*)/)?(${QUALIFIED})$`);
const LABEL_VALUE = new RegExp(`^(?:${QUALIFIED})?$`);

/** As RFC 1123 has it, but in upper case too, which Istio allows. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && DNS_LABEL.test(text);
}

/** A domain name whose first label may be "*", or begin with it; a dot at its end is allowed. */
export function isHost(text: string): boolean {
  if (text === "" || text.length > 255) return false;
  const [first = "", ...rest] = text.split(".");
  if (first.length > 63 || !FIRST_LABEL.test(first)) return false;
  return rest.length === 0 || isDomain(rest);
}

/** A domain name without a wildcard. */
export function isFullName(text: string): boolean {
  return text !== "" && text.length <= 255 && isDomain(text.split("."));
}

function isDomain(labels: readonly string[]): boolean {
  const last = labels.at(-1) ?? "";
  if (/^[+-]?\d+$/.test(last)) return false;
  return labels.every((label, index) => (index === labels.length - 1 && label === "") || isDnsLabel(label));
}

/** An IPv4 or IPv6 address. */
export function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** An address, or a range of them: "10.0.0.0/8". */
export function isAddressRange(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  if (bits === undefined) return isAddress(address);
  if (more !== undefined || !/^(0|[1-9]\d*)$/.test(bits)) return false;
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128);
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  if (!text.includes(":") || !URL.canParse(`http://[${text}]/`)) return false;
  return /^[0-9a-fA-F:.]+$/.test(text);
}

export function isLabelKey(text: string): boolean {
  const [, prefix = "", name = ""] = LABEL_KEY.exec(text) ?? [];
  return name !== "" && name.length <= 63 && prefix.length <= 253;
}

export function isLabelValue(text: string): boolean {
  return LABEL_VALUE.test(text);
}

/** Whether some host fits both; "*.com" and "*.shop.com" overlap. */
export function hostsOverlap(a: string, b: string): boolean {
  if (a.startsWith("*") && b.startsWith("*")) return a.slice(1).endsWith(b.slice(1)) || b.slice(1).endsWith(a.slice(1));
  return isCoveredBy(a, b) || isCoveredBy(b, a);
}

/** Whether every host that `host` stands for fits `wider`. */
export function isCoveredBy(host: string, wider: string): boolean {
  if (!wider.startsWith("*")) return host === wider;
  return (host.startsWith("*") ? host.slice(1) : host).endsWith(wider.slice(1)) && host.length >= wider.length;
}

const NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const PART = "(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|μs|ms|s|m|h)";

/** Milliseconds of a duration as Go writes it: "1h30m", "1.5s", "-250ms". Undefined for other texts. */
export function goDurationMs(text: string): number | undefined {
  const [, sign = "", amounts = ""] = new RegExp(`^([+-]?)(0|(?:${PART})+)$`).exec(text) ?? [];
  if (amounts === "") return undefined;
  let ns = 0;
  for (const [, count, unit] of amounts.matchAll(new RegExp(PART, "g"))) ns += Number(count) * (NS[unit ?? ""] ?? 0);
  return ((sign === "-" ? -1 : 1) * ns) / 1e6;
}
