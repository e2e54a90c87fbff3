/** Whether the cloud would refuse a call, asked by a dry run each time that the call changes. */
import { useEffect, useState } from "react";
import { wouldBeRefused, type Refused } from "./call";
import type { Action, Asked } from "./types";

/** Why it would be refused; null where it would not, undefined while that is asked or where there is nothing to ask. */
export function useRefusal<A extends Action>(
  region: string,
  action: A,
  parameters: Asked<A> | undefined,
): Refused | null | undefined {
  const asked = parameters === undefined ? undefined : JSON.stringify(parameters);
  const [known, setKnown] = useState<{ asked: string | undefined; refusal: Refused | null }>();
  useEffect(() => {
    if (asked === undefined) return;
    let current = true;
    wouldBeRefused(region, action, JSON.parse(asked) as Asked<A>).then(
      (refusal) => current && setKnown({ asked, refusal }),
      () => undefined, // the server does not answer, which the page says already
    );
    return () => {
      current = false;
    };
  }, [region, action, asked]);
  return known !== undefined && known.asked === asked ? known.refusal : undefined;
}
