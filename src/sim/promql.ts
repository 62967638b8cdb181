/** The little of PromQL that a simulated Prometheus understands: selectors, aggregations of them, `or`, parentheses. */

export interface Matcher {
  label: string;
  test: (value: string) => boolean;
  /** The value of an equality. */
  equals?: string;
}

export type Expression =
  | { kind: "selector"; matchers: Matcher[] }
  | { kind: "aggregate"; operator: string; by: readonly string[]; without: boolean; inner: Expression }
  | { kind: "or"; left: Expression; right: Expression };

export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

export class QueryError extends Error {}

const aggregations: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  count: (values) => values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  avg: (values) => values.reduce((total, value) => total + value, 0) / values.length,
  group: () => 1,
};

const tokenPattern = /\s*(?:([a-zA-Z_:][\w:]*)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(=~|!~|!=|[={}(),]))/y;

type Token = { kind: "word" | "text" | "sign"; value: string };

function tokens(promql: string): Token[] {
  const found: Token[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < promql.trimEnd().length) {
    const at = tokenPattern.lastIndex;
    const [match, word, double, single, sign] = tokenPattern.exec(promql) ?? [];
    if (match === undefined)
      throw new QueryError(`parse error at char ${at + 1}: this simulation does not know ${promql.slice(at, at + 20)}`);
    const text = double ?? single;
    if (word !== undefined) found.push({ kind: "word", value: word });
    else if (text !== undefined)
      found.push({ kind: "text", value: JSON.parse(`"${text.replaceAll("\\'", "'")}"`) as string });
    else found.push({ kind: "sign", value: sign ?? "" });
  }
  return found;
}

/** Remembers its answers: the same few values are asked for again and again. */
function regexTest(pattern: string): (value: string) => boolean {
  const regex = new RegExp(`^(?:${pattern})$`, "s");
  const known = new Map<string, boolean>();
  return (value) => {
    let answer = known.get(value);
    if (answer === undefined) known.set(value, (answer = regex.test(value)));
    return answer;
  };
}

function matcher(label: string, operator: string, value: string): Matcher {
  if (operator === "=") return { label, test: (found) => found === value, equals: value };
  if (operator === "!=") return { label, test: (found) => found !== value };
  const matches = regexTest(value);
  return { label, test: operator === "=~" ? matches : (found) => !matches(found) };
}

/** @throws QueryError when the query is wrong, or right and beyond this simulation */
export function parsePromql(promql: string): Expression {
  const queue = tokens(promql);
  let position = 0;
  const peek = () => queue[position];
  const isNext = (value: string) => peek()?.kind !== "text" && peek()?.value === value;

  function take(value?: string): Token {
    const token = queue[position++];
    if (!token || (value !== undefined && token.value !== value)) {
      throw new QueryError(`parse error: expected ${value ?? "more"}, got ${token?.value ?? "the end"} in ${promql}`);
    }
    return token;
  }

  function names(): string[] {
    const found: string[] = [];
    take("(");
    while (!isNext(")")) {
      found.push(take().value);
      if (!isNext(")")) take(",");
    }
    take(")");
    return found;
  }

  function selector(name: string | undefined): Expression {
    const matchers: Matcher[] = name === undefined ? [] : [matcher("__name__", "=", name)];
    if (isNext("{")) {
      take("{");
      while (!isNext("}")) {
        const label = take().value;
        const operator = take().value;
        matchers.push(matcher(label, operator, take().value));
        if (!isNext("}")) take(",");
      }
      take("}");
    }
    return { kind: "selector", matchers };
  }

  function aggregate(operator: string): Expression {
    let by: string[] = [];
    let without = false;
    const grouping = () => {
      if (!isNext("by") && !isNext("without")) return;
      without = take().value === "without";
      by = names();
    };
    grouping();
    take("(");
    const inner = expression();
    take(")");
    grouping();
    return { kind: "aggregate", operator, by, without, inner };
  }

  function operand(): Expression {
    if (isNext("(")) {
      take("(");
      const inner = expression();
      take(")");
      return inner;
    }
    if (isNext("{")) return selector(undefined);
    const token = take();
    if (token.kind !== "word") throw new QueryError(`parse error: unexpected ${token.value} in ${promql}`);
    const follows = isNext("(") || isNext("by") || isNext("without");
    if (!follows) return selector(token.value);
    if (!(token.value in aggregations))
      throw new QueryError(`this simulation does not know the function ${token.value}`);
    return aggregate(token.value);
  }

  function expression(): Expression {
    let left = operand();
    while (isNext("or")) {
      take("or");
      left = { kind: "or", left, right: operand() };
    }
    return left;
  }

  const parsed = expression();
  if (position < queue.length) throw new QueryError(`parse error: unexpected ${peek()?.value} in ${promql}`);
  return parsed;
}

function keyOf(labels: Sample["labels"]): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param select gives the series that match, the metric's name in the label `__name__` */
export function evaluate(expression: Expression, select: (matchers: readonly Matcher[]) => Sample[]): Sample[] {
  if (expression.kind === "selector") return select(expression.matchers);
  if (expression.kind === "or") {
    const left = evaluate(expression.left, select);
    const known = new Set(left.map(({ labels }) => keyOf(labels)));
    return [...left, ...evaluate(expression.right, select).filter(({ labels }) => !known.has(keyOf(labels)))];
  }
  const groups = new Map<string, { labels: Record<string, string>; values: number[] }>();
  const { by, without, operator } = expression;
  for (const { labels, value } of evaluate(expression.inner, select)) {
    const kept: Record<string, string> = {};
    if (without)
      for (const name in labels) if (name !== "__name__" && !by.includes(name)) kept[name] = labels[name] ?? "";
    if (!without) for (const name of by) if (labels[name]) kept[name] = labels[name];
    const key = without ? keyOf(kept) : by.map((name) => kept[name] ?? "").join("\u0000");
    const group = groups.get(key);
    if (group) group.values.push(value);
    else groups.set(key, { labels: kept, values: [value] });
  }
  const combine = aggregations[operator] as (values: readonly number[]) => number;
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: combine(values) }));
}
