import { createHash } from "node:crypto";

/** The longest that a label's value, and so a name that we put into one, may be. */
const MAX_LABEL = 63;

/** `rollout` as the value of a label: itself when it fits, else its beginning and a digest that tells it from others. */
export function labelValue(rollout: string): string {
  return shorten(rollout, MAX_LABEL);
}

/** Name of the Nth run of a Rollout, of its PodTemplate and of its twin: `checkout-7`. Always usable as a label's value. */
export function runName(rollout: string, ordinal: number): string {
  const suffix = `-${ordinal}`;
  return `${shorten(rollout, MAX_LABEL - suffix.length)}${suffix}`;
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const MAX_NAME = 253;

/** `id` as the name of an object (RFC 1123): itself when it is one, else what can be kept of it and a digest that tells it from others. */
export function objectName(id: string): string {
  if (id.length <= MAX_NAME && SUBDOMAIN.test(id)) return id;
  const digest = createHash("sha256").update(id).digest("hex").slice(0, 16);
  const kept = id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "")
    .slice(0, MAX_LABEL);
  return kept === "" ? digest : `${kept.replace(/-$/, "")}-${digest}`;
}

function shorten(name: string, max: number): string {
  if (name.length <= max) return name;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, max - 9).replace(/[^a-z0-9]+$/i, "")}-${digest}`;
}
