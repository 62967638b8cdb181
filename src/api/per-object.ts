/**
 * `make`, done once for each object and kept as long as that. For what is read from objects that nobody changes in place, as those in
 * the controller's caches: each pass asks the same of the same few. What `make` gives is shared as well, and must not be changed.
 */
export function perObject<K extends object, V>(make: (object: K) => V): (object: K) => V {
  const made = new WeakMap<K, { value: V }>();
  return (object) => {
    const known = made.get(object);
    if (known !== undefined) return known.value;
    const value = make(object);
    made.set(object, { value });
    return value;
  };
}
