/**
 * A text of somebody else's as a terminal may have it: what would move its cursor, colour it or turn its direction shows as `\u001b`.
 * Line ends and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
