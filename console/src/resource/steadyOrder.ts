/** Rows that keep their places while something is edited, though the cloud's own change meanwhile. */
import { useState } from "react";

/** The rows in the order in which they were first there: what appears comes last, so that no row moves from under a
 * pointer that is about to press it. Keys name rows, each once. */
export function useSteadyOrder<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  const [order, setOrder] = useState<readonly string[]>([]);
  const appeared = rows.map(keyOf).filter((key) => !order.includes(key));
  const now = [...order, ...appeared];
  if (appeared.length > 0) setOrder(now);
  return [...rows].sort((one, other) => now.indexOf(keyOf(one)) - now.indexOf(keyOf(other)));
}
