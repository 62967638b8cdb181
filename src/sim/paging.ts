import type { KubeObject, ListOptions, ListPage } from "../kube/port.ts";
import { expired } from "./refusals.ts";
import type { Store } from "./store.ts";

/** Lists that are being read; a real server keeps theirs for minutes. */
const MAX_OPEN_LISTS = 200;

export interface Pager {
  /** One page of a list; all pages show the moment of the first. @throws ApiError 410 when that moment is forgotten */
  page(options: ListOptions, list: () => KubeObject[]): ListPage;
}

/** Objects in the store never change, so keeping a moment costs one array. */
export function createPager(store: Store): Pager {
  const open = new Map<string, { items: KubeObject[]; resourceVersion: string }>();
  let serial = 0;

  return {
    page({ limit, continueToken }, list) {
      const [id = "", at = "0"] = continueToken?.split(".") ?? [];
      const known = open.get(id);
      if (continueToken !== undefined && !known) {
        throw expired("The provided continue parameter is too old to display a consistent list result.");
      }
      const moment = known ?? { items: list(), resourceVersion: String(store.version()) };
      const from = Number(at);
      const to = limit === undefined || limit === 0 ? moment.items.length : from + limit;
      const page = { items: moment.items.slice(from, to), resourceVersion: moment.resourceVersion };
      if (to >= moment.items.length) {
        open.delete(id);
        return page;
      }
      const key = known ? id : `list${serial++}`;
      open.set(key, moment);
      if (open.size > MAX_OPEN_LISTS) open.delete(open.keys().next().value ?? "");
      return { ...page, continueToken: `${key}.${to}` };
    },
  };
}
