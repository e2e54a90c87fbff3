/** A link to the page of a resource. */
import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { at } from "../shell/place";

/** `name`: what is shown in place of its id. A dash where there is none. */
export function IdLink({ region, page, id, name }: { region: string; page: string; id: string | undefined; name?: string }): ReactNode {
  return id ? <Link href={at(region, page, id)}>{name ?? id}</Link> : "–";
}
