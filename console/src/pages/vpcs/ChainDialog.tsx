/** A dialog that makes a chain of calls: it lists them, and makes one after the other with the result of each. Where one is
 * refused, it can be tried again from there; closed meanwhile, it makes no more. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { hinderedBy, useRefusal, WouldBeRefused } from "../../resource/refusal";
import { Dialog } from "../../shell/Dialog";
import { useSay } from "../../shell/notices";
import { useText } from "../../texts/texts";
import { commandsOf, run, type Link } from "./chain";
import { IdLink } from "./links";

interface Properties {
  region: string;
  title: string;
  /** What it would do now: what it was when it began is done. */
  links: readonly Link[];
  hindered: string | null;
  /** What changes the cloud's own word on the first call. */
  state?: string;
  /** What is said at the end. */
  done: (made: ReadonlyMap<string, string>) => string;
  /** Whether it stays when all is done, to show what was made. */
  stays?: boolean;
  close: () => void;
  children: ReactNode;
}

interface Begun {
  links: readonly Link[];
  /** The ids that those that are made gave; empty where they make nothing. */
  ids: readonly string[];
  isUnderWay: boolean;
}

export function ChainDialog({ region, title, links, hindered, state, done, stays = false, close, children }: Properties): ReactNode {
  const text = useText();
  const say = useSay();
  const [begun, setBegun] = useState<Begun>();
  const isClosed = useIsClosed();
  const [first] = links;
  const asked = begun === undefined && hindered === null && first !== undefined ? first.parameters(() => "") : undefined;
  const refusal = useRefusal(region, first?.action ?? "CreateVpc", asked as never, state);
  const shown = begun ?? { links, ids: [], isUnderWay: false };
  const isDone = begun !== undefined && begun.ids.length === begun.links.length;
  const act = async (): Promise<void | false> => {
    if (isDone) return undefined;
    const [now, ids] = [shown.links, [...shown.ids]];
    try {
      for (const one of now.slice(ids.length)) {
        if (isClosed.current) return false;
        setBegun({ links: now, ids: [...ids], isUnderWay: true });
        ids.push(await run(region, one, madeBy(now, ids)));
      }
    } finally {
      setBegun({ links: now, ids: [...ids], isUnderWay: false });
    }
    say({ type: "success", content: done(madeBy(now, ids)) });
    return stays ? false : undefined;
  };
  const rest = shown.links.slice(shown.ids.length);
  const made = madeBy(shown.links, shown.ids);
  return (
    <Dialog
      title={title}
      go={isDone ? text("close") : begun === undefined ? title : text("chain.goOn")}
      hindered={begun === undefined ? (hindered ?? hinderedBy(text, refusal)) : null}
      commands={commandsOf(rest, region, made)}
      act={act}
      close={close}
      size="max"
    >
      {begun === undefined && children}
      {isDone && <Alert type="success">{done(made)}</Alert>}
      <Chain region={region} {...shown} />
      {begun === undefined && <WouldBeRefused refusal={refusal} />}
    </Dialog>
  );
}

function useIsClosed(): { current: boolean } {
  const isClosed = useRef(false);
  useEffect(() => {
    isClosed.current = false;
    return () => {
      isClosed.current = true;
    };
  }, []);
  return isClosed;
}

function Chain({ region, links, ids, isUnderWay }: Begun & { region: string }): ReactNode {
  const text = useText();
  const typeOf = (index: number): StatusIndicatorProps.Type => {
    if (index < ids.length) return "success";
    return index === ids.length && isUnderWay ? "loading" : "pending";
  };
  return (
    <div aria-live={ids.length > 0 ? "polite" : "off"}>
      <Box variant="h3">{text("chain.title", { count: links.length })}</Box>
      <SpaceBetween size="xxs">
        {links.map(({ words, action }, index) => (
          <div key={`${index} ${words}`}>
            <StatusIndicator type={typeOf(index)} wrapText>
              {action}: {words}
            </StatusIndicator>{" "}
            {ids[index] !== undefined && ids[index] !== "" && <IdLink region={region} id={ids[index]} />}
          </div>
        ))}
      </SpaceBetween>
    </div>
  );
}

function madeBy(links: readonly Link[], ids: readonly string[]): Map<string, string> {
  return new Map(links.slice(0, ids.length).flatMap(({ makes }, index) => (makes === undefined ? [] : [[makes.name, ids[index]!]])));
}
