/** The flags above a timeline: what caused each boot and each end, when, which request, whose key. */
import { useContext, type ReactNode } from "react";
import { TextContext, useText } from "../../texts/texts";
import { causeText } from "./causes";
import type { Axis } from "./timelineModel";
import type { Flag } from "./timelineMoments";

const ROWS = 2;
const ROW = 46; // px
const FLAG = 18;
const GAP = 8;
const SHORT = 8; // characters of a request's id, and the last ones of a key: the table has them whole
const SMALL = 5.8; // px, about, of a character in small type

export const FLAGS_HEIGHT = ROWS * ROW;

interface Properties {
  flags: readonly Flag[];
  axis: Axis;
  width: number;
  bottom: number;
}

export function TimelineFlags({ flags, axis, width, bottom }: Properties): ReactNode {
  const text = useText();
  const { language } = useContext(TextContext);
  const form = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const free = Array.from({ length: ROWS }, () => -Infinity);
  return flags.map((flag) => {
    const x = axis.x(flag.at);
    const cause = `${causeText(text, flag.cause, flag.action)}${flag.isGoingOn ? " …" : ""}`;
    const when = form.format(flag.at);
    const whose = [flag.request && `${flag.request.slice(0, SHORT)}…`, flag.principal && `…${flag.principal.slice(-4)}`];
    const which = whose.filter(Boolean).join(" · ");
    const long = Math.max(widthOf(cause, 7) + 12, widthOf(when, SMALL) + 4, widthOf(which, SMALL) + 4);
    const begin = Math.max(0, Math.min(x, width - long));
    const row = free.findIndex((taken) => taken <= begin);
    if (row >= 0) free[row] = begin + long + GAP;
    const y = row * ROW;
    return (
      <g key={flag.key}>
        <line className={`pole ${flag.cause ?? "unseen"}`} x1={x} x2={x} y1={row < 0 ? FLAGS_HEIGHT : y} y2={bottom} />
        {row >= 0 && (
          <>
            <title>{[cause, when, flag.request, flag.principal].filter(Boolean).join("\n")}</title>
            <rect className={`flag ${flag.cause ?? "unseen"}`} x={begin} y={y} width={widthOf(cause, 7) + 12} height={FLAG} rx={2} />
            <text className="strong" x={begin + 6} y={y + 13}>{cause}</text>
            <text className="faint" x={begin + 4} y={y + 29}>{when}</text>
            <text className="faint" x={begin + 4} y={y + 41}>{which}</text>
          </>
        )}
      </g>
    );
  });
}

/** How wide a text is, about; characters of Japanese are twice as wide. */
export function widthOf(text: string, character: number): number {
  return [...text].reduce((width, one) => width + character * (one > "\u2e80" ? 1.8 : 1), 0);
}
