const MOST_NAME = 200;

/** Column names that are unique and not empty: `a`, `a_2`; an empty one is called by its place, `column_3`. */
export function uniqueNames(given: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return given.map((raw, i) => {
    const name = raw.trim().slice(0, MOST_NAME) || `column_${String(i + 1)}`;
    let unique = name;
    for (let n = 2; taken.has(unique) || (unique !== name && given.includes(unique)); n++)
      unique = `${name}_${String(n)}`;
    taken.add(unique);
    return unique;
  });
}
