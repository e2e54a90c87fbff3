/** What all pages of an answer have. */

interface Page<T> {
  items: T[] | undefined;
  NextToken: string | undefined;
}

/** The items of every page, where an action gives only so many at once. */
export async function everyPage<T>(read: (more: { NextToken?: string }) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let next: { NextToken?: string } = {};
  for (;;) {
    const { items = [], NextToken } = await read(next);
    found.push(...items);
    if (!NextToken) return found;
    next = { NextToken };
  }
}
