/** What is said to the reader after something was done, or refused. */
import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { Refused } from "../api/call";
import { useText, type Text } from "../texts/texts";

export interface Notice {
  type: FlashbarProps.Type;
  header?: string;
  content: ReactNode;
}

const Say = createContext<(notice: Notice) => void>(() => undefined);
const Said = createContext<FlashbarProps.MessageDefinition[]>([]);

/** Say something to the reader until it is dismissed. */
export const useSay = (): ((notice: Notice) => void) => useContext(Say);

/** A failure in EC2's words, with the request that a log can be searched for. */
export function inWords(text: Text, failure: Error): string {
  if (!(failure instanceof Refused)) return failure.message;
  return text("failed.with", { message: failure.message, code: failure.code, request: failure.requestId });
}

let count = 0;

export function Notices({ children }: { children: ReactNode }): ReactNode {
  const [said, setSaid] = useState<FlashbarProps.MessageDefinition[]>([]);
  const text = useText();
  const say = useCallback(
    (notice: Notice) => {
      const id = `notice-${++count}`;
      const onDismiss = (): void => setSaid((before) => before.filter((one) => one.id !== id));
      setSaid((before) => [{ ...notice, id, dismissible: true, dismissLabel: text("close"), onDismiss }, ...before.slice(0, 9)]);
    },
    [text],
  );
  return (
    <Say.Provider value={say}>
      <Said.Provider value={said}>{children}</Said.Provider>
    </Say.Provider>
  );
}

export function NoticeBar({ first }: { first: FlashbarProps.MessageDefinition[] }): ReactNode {
  const said = useContext(Said);
  const items = useMemo(() => [...first, ...said], [first, said]);
  return <Flashbar items={items} stackItems={items.length > 3} />;
}
