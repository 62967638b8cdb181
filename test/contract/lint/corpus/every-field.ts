import type { KubeObject } from "../../../../src/kube/port.ts";

const VALUES: readonly [string, unknown][] = [
  ["null", null],
  ["a number", 7],
  ["a number with a fraction", 0.5],
  ["a negative number", -7],
  ["a word", "word"],
  ["no text", ""],
  ["true", true],
  ["an empty list", []],
  ["a list with a null", [null]],
  ["a list of words", ["word"]],
  ["an empty object", {}],
  ["an object with a field that is nobody's", { nobodys: 1 }],
];

/** `object` with each field of its spec in turn left out, given a value of every type, and given a field more. */
export function everyField(object: KubeObject): { name: string; object: KubeObject }[] {
  return pathsIn(object["spec"], ["spec"]).flatMap((path) => {
    const at = path.map(String).join(".");
    const changed = (change: (holder: Fields, key: string | number) => void): KubeObject => {
      const copy = structuredClone(object);
      const last = path.at(-1) ?? "";
      change(holderOf(copy, path), last);
      return copy;
    };
    return [
      {
        name: `${at} left out`,
        object: changed((holder, key) => (Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key])),
      },
      ...VALUES.map(([name, value]) => ({
        name: `${at} is ${name}`,
        object: changed((holder, key) => void (holder[key] = structuredClone(value))),
      })),
    ];
  });
}

type Fields = Record<string | number, unknown>;

function holderOf(object: unknown, path: readonly (string | number)[]): Fields {
  return path.slice(0, -1).reduce<unknown>((here, key) => (here as Fields)[key], object) as Fields;
}

function pathsIn(value: unknown, path: readonly (string | number)[]): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [[...path]];
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [[...path], ...keys.flatMap((key) => pathsIn((value as Fields)[key], [...path, key]))];
}
