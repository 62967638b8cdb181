/** What of the lab people reach from outside its network namespace: the port there, and the one inside. */
export interface Doors {
  /** Of the apiserver, the gateway and Prometheus, on 127.0.0.1 outside. */
  readonly apiserver: number;
  readonly gateway: number;
  readonly prometheus: number;
}

export type Door = keyof Doors;

export const DOORS: readonly Door[] = ["apiserver", "gateway", "prometheus"];

/** Where the two halves of a door meet. */
export function socketOf(dir: string, door: Door): string {
  return `${dir}/${door}.sock`;
}
