/** What the cloud says of a call before it is made: asked again whenever what would be sent changes. */
import Alert from "@cloudscape-design/components/alert";
import { useEffect, useState, type ReactNode } from "react";
import { wouldBeRefused, type Refused } from "../api/call";
import type { Action, Asked } from "../api/types";
import { useText, type Text } from "../texts/texts";

const TYPING = 300; // ms in which a text is still being typed

/**
 * Why this call would be refused now; null where it would succeed, undefined until the cloud has said so.
 * Without parameters nothing is asked. It is asked again when `state` changes, of what the call is about; the answer before
 * stands meanwhile, so that a button does not go from under a pointer whenever the page is refreshed.
 */
export function useRefusal<A extends Action>(
  region: string,
  action: A,
  parameters: Asked<A> | undefined,
  state = "",
): Refused | null | undefined {
  const asked = JSON.stringify([region, action, parameters]);
  return useAnswer(asked, parameters && (() => wouldBeRefused(region, action, parameters)), state);
}

/**
 * The cloud's answer to what is `asked`, a moment after that has come to rest; undefined until it is there.
 * When only `around` changes, which may change the answer too, it is asked again, and the answer before stands meanwhile.
 */
export function useAnswer<T>(asked: string, ask: (() => Promise<T>) | undefined, around = ""): T | undefined {
  const [said, setSaid] = useState<{ asked: string; answer: T }>();
  useEffect(() => {
    if (ask === undefined) return undefined;
    let current = true;
    const timer = setTimeout(() => {
      ask().then(
        (answer) => current && setSaid({ asked, answer }),
        () => undefined, // the server does not answer, which the page says already
      );
    }, TYPING);
    return () => {
      current = false;
      clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- what is asked is all in `asked`
  }, [asked, around]);
  return said?.asked === asked ? said.answer : undefined;
}

/** Why a button that makes this call cannot be pressed; null where it can. */
export function hinderedBy(text: Text, refusal: Refused | null | undefined): string | null {
  return refusal === undefined ? text("each.asking") : (refusal?.message ?? null);
}

/** A refusal that would come, in EC2's words. */
export function WouldBeRefused({ refusal }: { refusal: Refused | null | undefined }): ReactNode {
  const text = useText();
  if (!refusal) return null;
  return (
    <Alert type="error" header={text("each.refused")}>
      {refusal.message} ({refusal.code})
    </Alert>
  );
}
