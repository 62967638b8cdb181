import { formatPercent } from "../../api/units.ts";
import type { Happening, Share } from "./happening.ts";
import { clockText } from "./glyphs.ts";
import { fit, type Line, type Look, span, pad } from "./span.ts";

const GOOD = new Set(["StepPassed", "UsersMoved", "Promoted", "PreflightPassed"]);

/** One line for one happening, for a log and for the foot of the picture. */
export function happeningLine(happening: Happening, columns = Number.POSITIVE_INFINITY): Line {
  const at = span(` ${clockText(happening.atMs)} `, "faint");
  if (happening.type === "command") return fit([at, span(`$ ${happening.command}`, "strong")], columns);
  const [word, text, look] = wordsOf(happening);
  return fit([at, span(`${pad(word, 16)} `, look), span(text)], columns);
}

function wordsOf(happening: Exclude<Happening, { type: "command" }>): [word: string, text: string, look: Look] {
  switch (happening.type) {
    case "event": {
      const look = happening.severity === "Warning" ? "bad" : GOOD.has(happening.reason) ? "good" : "plain";
      return [happening.reason, happening.message, look];
    }
    case "transition":
      return [happening.to, `${happening.run}: ${happening.message}`, "faint"];
    case "weights":
      return ["in force", sharesText(happening.shares), "doubt"];
  }
}

/** `stable 90% → v1, canary 10% → v2`. */
export function sharesText(shares: readonly Share[]): string {
  return shares
    .map(({ subset, versions, percent }) => {
      const who = subset === "" ? "everybody" : subset;
      return `${who} ${formatPercent(percent)} → ${versions.join(" and ") || "no pod"}`;
    })
    .join(", ");
}
