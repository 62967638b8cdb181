/** `text` without the secrets: whole, and each longer part of the path of those that are URLs, since errors quote both. */
export function redact(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/[/?&=]/).filter((part) => part.length >= 8)]);
  const hidden = parts
    .filter((part) => part !== "" && !isHost(part, secrets))
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, part) => rest.replaceAll(part, "***"), text);
  // Whatever else looks like an address keeps its host only.
  return hidden.replaceAll(/(https?:\/\/)([^\s/@]*@)?([^\s/?#]+)[^\s"')]*/g, "$1$3/***");
}

/** The receiver's host is no secret, and the one thing that tells people where to look. */
function isHost(part: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => URL.canParse(secret) && new URL(secret).host === part);
}
