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
const STRONG = 7; // px, about, of a character
const SMALL = 5.8;

/** A flag at its place; `row` is -1 where there is no room for its words. */
export interface PlacedFlag {
  flag: Flag;
  cause: string;
  when: string;
  which: string;
  x: number;
  begin: number;
  row: number;
}

/** Flags beside and beneath each other, so that none covers another's words. */
export function usePlacedFlags(flags: readonly Flag[], axis: Axis, width: number): PlacedFlag[] {
  const text = useText();
  const { language } = useContext(TextContext);
  const form = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const free = Array.from({ length: ROWS }, () => -Infinity);
  return flags.map((flag) => {
    const x = axis.x(flag.at);
    const cause = `${causeText(text, flag.cause, flag.action)}${flag.isGoingOn ? " …" : ""}`;
    const when = form.format(flag.at);
    const whose = [flag.request && `${flag.request.slice(0, SHORT)}…`, callerOf(flag)];
    const which = whose.filter(Boolean).join(" · ");
    const long = Math.max(widthOf(cause, STRONG) + 12, widthOf(when, SMALL) + 4, widthOf(which, SMALL) + 4);
    const begin = Math.max(0, Math.min(x, width - long));
    const row = free.findIndex((taken) => taken <= begin);
    if (row >= 0) free[row] = begin + long + GAP;
    return { flag, cause, when, which, x, begin, row };
  });
}

/** Who called, in few characters: the user's name or the role's session; the end of the account's own key. */
export function callerOf({ arn, principal }: Pick<Flag, "arn" | "principal">): string | null {
  if (arn !== null && !arn.endsWith(":root")) return arn.split("/").slice(arn.includes(":assumed-role/") ? 1 : -1).join("/");
  return principal && `…${principal.slice(-4)}`;
}

/** How high these flags are together, in pixels. */
export function heightOf(placed: readonly PlacedFlag[]): number {
  return ROW * (1 + Math.max(0, ...placed.map(({ row }) => row)));
}

/** Drawn from the top down to `bottom`. */
export function TimelineFlags({ placed, bottom }: { placed: readonly PlacedFlag[]; bottom: number }): ReactNode {
  return placed.map(({ flag, cause, when, which, x, begin, row }) => {
    const y = row * ROW;
    return (
      <g key={flag.key}>
        <line className="pole" x1={x} x2={x} y1={row < 0 ? heightOf(placed) : y} y2={bottom} />
        {row >= 0 && (
          <>
            <title>{[cause, when, flag.request, flag.arn, flag.principal].filter(Boolean).join("\n")}</title>
            <rect className={`flag ${flag.cause ?? "unseen"}`} x={begin} y={y} width={widthOf(cause, STRONG) + 12} height={FLAG} rx={2} />
            <text className="strong" x={begin + 6} y={y + 13}>{cause}</text>
            <text className="faint" x={begin + 4} y={y + 29}>{when}</text>
            <text className="faint" x={begin + 4} y={y + 41}>{which}</text>
          </>
        )}
      </g>
    );
  });
}

/** How wide a text is, about; characters of Japanese are nearly twice as wide. */
export function widthOf(text: string, character: number): number {
  return [...text].reduce((width, one) => width + character * (one > "\u2e80" ? 1.8 : 1), 0);
}
