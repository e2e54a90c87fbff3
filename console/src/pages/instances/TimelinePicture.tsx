/** The picture of a guest's boots. All that it shows is also in the table beneath it. */
import { useContext, type ReactNode } from "react";
import type { Boot } from "../../api/types";
import { TextContext, useText } from "../../texts/texts";
import { causeText } from "./Timeline";
import { apiPhases, axisOf, duration, guestPhases, partedAt, type Axis, type Phase } from "./timelineModel";

const LEFT = 120;
const WIDTH = 1080;
const LABELS = 18;
const API = 74;
const GUEST = 114;
const LANE = 30;
const AXIS = 182;
const LEGEND = 216;
const HEIGHT = 224;
const MARKED = 16; // px for the word at a mark
const KINDS = ["booting", "up", "shutdown", "atRest", "off"] as const;
const CHARACTER = 6.6; // px, about; those of Japanese are twice as wide
const REQUEST = 8; // characters of a request's id: the table has it whole
const NEAR = 104; // px between two labels that stand beside each other

interface Picture {
  boots: readonly Boot[];
  now: number;
  /** A moment that is marked, with a word for it. */
  mark?: Marked;
}

interface Marked {
  at: number;
  text: string;
}

export function TimelinePicture({ boots, now, mark }: Picture): ReactNode {
  const text = useText();
  const phases = guestPhases(boots, Math.max(now, Date.parse(boots.at(-1)!.started_at)));
  const guest = mark === undefined ? phases : partedAt(phases, mark.at);
  const below = mark === undefined ? 0 : MARKED;
  const axis = axisOf(guest, WIDTH - LEFT - 10);
  const api = apiPhases(boots, guest.at(-1)?.to ?? now);
  const last = boots.at(-1)!;
  const label = text("timeline.label", {
    count: boots.length,
    last: text("timeline.last", { number: last.number, cause: causeText(text, last.cause, last.action) }),
  });
  return (
    <div className="timeline" tabIndex={0} role="region" aria-label={text("timeline.title")}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + below}`} role="img" aria-label={label}>
        <text x={0} y={API + 20}>{text("timeline.api")}</text>
        <text x={0} y={GUEST + 20} className="strong">{text("timeline.guest")}</text>
        <g transform={`translate(${LEFT} 0)`}>
          <Causes boots={boots} axis={axis} />
          <Lane phases={api} axis={axis} y={API} />
          <Lane phases={guest} axis={axis} y={GUEST} timed />
          <line className="axis" x1={0} x2={WIDTH - LEFT - 10} y1={AXIS} y2={AXIS} />
          {axis.cuts.map((cut) => (
            <Cut key={cut.x} x={cut.x + cut.width / 2} />
          ))}
          {mark && <Mark mark={mark} x={axis.x(mark.at)} />}
          <Legend y={LEGEND + below} />
        </g>
      </svg>
    </div>
  );
}

/** What caused each boot, at the moment from which the guest was not to be reached. */
function Causes({ boots, axis }: { boots: readonly Boot[]; axis: Axis }): ReactNode {
  const text = useText();
  const { language } = useContext(TextContext);
  const form = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  let free = -Infinity;
  return boots.map((boot, index) => {
    const before = boots[index - 1];
    const moment = Date.parse(before?.end_action === boot.action ? (before?.end_requested_at ?? boot.started_at) : boot.started_at);
    const x = axis.x(moment);
    const cause = causeText(text, boot.cause, boot.action);
    const shown = x >= free;
    if (shown) free = x + Math.max(NEAR, widthOf(cause) + 10);
    return (
      <g key={boot.id}>
        <line className="mark" x1={x} x2={x} y1={shown ? LABELS - 10 : API - 6} y2={AXIS + 4} />
        {shown && (
          <>
            <text className="strong" x={x + 5} y={LABELS}>{cause}</text>
            <text className="faint" x={x + 5} y={LABELS + 16}>{form.format(moment)}</text>
            {boot.request_id !== null && (
              <text className="faint" x={x + 5} y={LABELS + 31}>{boot.request_id.slice(0, REQUEST)}…</text>
            )}
          </>
        )}
      </g>
    );
  });
}

interface Drawn {
  phases: readonly Phase<"booting" | "up" | "shutdown" | "atRest" | "off" | "running" | "stopping" | "stopped" | "terminated">[];
  axis: Axis;
  y: number;
  timed?: boolean;
}

function Lane({ phases, axis, y, timed = false }: Drawn): ReactNode {
  const text = useText();
  return phases.map((phase) => {
    const from = axis.x(phase.from);
    const width = Math.max(1, axis.x(phase.to) - from);
    const word = text(`timeline.${phase.kind}`);
    const long = duration((phase.to - phase.from) / 1000);
    const middle = from + width / 2;
    return (
      <g key={`${phase.kind}-${phase.from}`}>
        <rect className={`phase ${phase.kind}`} x={from} y={y} width={width} height={LANE} rx={2}>
          <title>{`${word}: ${long}`}</title>
        </rect>
        {width > widthOf(word) + 8 && (
          <text x={middle} y={y + 19} textAnchor="middle">{phase.open ? `${word} …` : word}</text>
        )}
        {timed && width > widthOf(long) && (
          <text className="faint" x={middle} y={y + LANE + 16} textAnchor="middle">{long}</text>
        )}
      </g>
    );
  });
}

function widthOf(word: string): number {
  return [...word].reduce((width, one) => width + CHARACTER * (one > "\u2e80" ? 2 : 1), 0);
}

/** The marked moment, through both lanes; its word is beneath the axis, on the side where there is room. */
function Mark({ mark, x }: { mark: Marked; x: number }): ReactNode {
  const isLeft = x + widthOf(mark.text) > WIDTH - LEFT - 10;
  return (
    <g>
      <line className="cut" x1={x} x2={x} y1={API - 8} y2={AXIS + 8} />
      <text className="strong" x={isLeft ? x - 5 : x + 5} y={AXIS + 19} textAnchor={isLeft ? "end" : "start"}>
        {mark.text}
      </text>
    </g>
  );
}

function Legend({ y }: { y: number }): ReactNode {
  const text = useText();
  return KINDS.map((kind, index) => (
    <g key={kind} transform={`translate(${index * 150} ${y})`}>
      <rect className={`phase ${kind}`} y={-11} width={14} height={14} rx={2} />
      <text className="faint" x={20}>{text(`timeline.${kind}`)}</text>
    </g>
  ));
}

function Cut({ x }: { x: number }): ReactNode {
  return <path className="gap" d={`M${x - 6} ${AXIS + 6}l6 -12m0 12l6 -12`} />;
}
