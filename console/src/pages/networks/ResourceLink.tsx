/** A link to the page of a resource. */
import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { label } from "../../resource/resource";
import { at } from "../../shell/place";

/** A dash where there is none. */
export function ResourceLink({ region, page, id, name = "" }: { region: string; page: string; id: string | undefined; name?: string }): ReactNode {
  return id ? <Link href={at(region, page, id)}>{label(id, name)}</Link> : "–";
}
