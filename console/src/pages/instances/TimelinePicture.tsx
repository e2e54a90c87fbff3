/** The picture of a guest's boots. All that it shows is also in the table beneath it. */
import type { ReactNode } from "react";
import type { Boot, Hibernation, Move } from "../../api/types";
import { useText } from "../../texts/texts";
import { causeText } from "./causes";
import type { Claim } from "./evidence";
import { heightOf, TimelineFlags, usePlacedFlags, widthOf } from "./TimelineFlags";
import { hibernationFlags, hibernationsOf, withHibernations } from "./timelineHibernations";
import * as model from "./timelineModel";
import * as moments from "./timelineMoments";

const LEFT = 130;
const WIDTH = 1080;
const DRAWN = WIDTH - LEFT - 10;
const API = 8; // from beneath the flags, as what follows
const MARKS = API + 48;
const GUEST = MARKS + 8;
const LANE = 30;
const AXIS = GUEST + 66;
const LEGEND = AXIS + 34;
const HEIGHT = LEGEND + 10;
const MARKED = 16; // px for the word at a mark
const USUAL = ["booting", "up", "shutdown", "atRest", "off"] as const;
const RARE = ["fromMemory", "hibernated"] as const;
const USUAL_WORDS = USUAL.length + 2; // those of the marks too
const CHARACTER = 6.6; // px, about

interface Properties {
  boots: readonly Boot[];
  moves: readonly Move[];
  hibernations: readonly Hibernation[];
  /** What is done to the instance now. */
  claim?: Claim | null;
  now: number;
  /** A moment that is marked, with a word for it. */
  mark?: Marked;
}

interface Marked {
  at: number;
  text: string;
}

/** In a narrow window, the latest boot is in sight first: why it booted is what people come for. */
const showLatest = (picture: HTMLDivElement | null): void => {
  if (picture) picture.scrollLeft = picture.scrollWidth;
};

export function TimelinePicture({ boots, moves, hibernations, claim = null, now, mark }: Properties): ReactNode {
  const text = useText();
  const beginning = model.beginningOf(boots, moves);
  const until = Math.max(now, Date.parse(boots.at(-1)!.started_at));
  const own = hibernationsOf(hibernations, boots, until);
  const phases = withHibernations(model.guestPhases(model.withShutdown(boots, claim), until, beginning), own, until);
  const guest = mark === undefined ? phases : model.partedAt(phases, mark.at);
  const below = mark === undefined ? 0 : MARKED;
  const axis = model.axisOf(guest, DRAWN);
  const api = model.apiPhases(moves, beginning, guest.at(-1)?.to ?? now);
  const flags = [...moments.flagsOf(boots), ...hibernationFlags(own)].sort((one, other) => one.at - other.at);
  const placed = usePlacedFlags([...flags, ...moments.workingFlag(claim, flags)], axis, DRAWN);
  const top = heightOf(placed);
  const last = boots.at(-1)!;
  const label = text("timeline.label", {
    count: boots.length,
    last: text("timeline.last", { number: last.number, cause: causeText(text, last.cause, last.action) }),
  });
  return (
    <div ref={mark === undefined ? showLatest : null} className="timeline" tabIndex={0} role="region" aria-label={text("timeline.title")}>
      <svg viewBox={`0 0 ${WIDTH} ${top + HEIGHT + below}`} role="img" aria-label={label}>
        <text x={0} y={13}>{text("timeline.causes")}</text>
        <text x={0} y={top + API + 20}>{text("timeline.api")}</text>
        <text x={0} y={top + GUEST + 20} className="strong">{text("timeline.guest")}</text>
        <g transform={`translate(${LEFT} 0)`}>
          <TimelineFlags placed={placed} bottom={top + AXIS + 4} />
        </g>
        <g transform={`translate(${LEFT} ${top})`}>
          <Lane phases={api} axis={axis} y={API} />
          <Lane phases={guest} axis={axis} y={GUEST} timed />
          <Marks marks={moments.marksOf(boots)} axis={axis} />
          <line className="axis" x1={0} x2={DRAWN} y1={AXIS} y2={AXIS} />
          {mark === undefined && <text className="faint" x={DRAWN} y={AXIS + 14} textAnchor="end">{text("timeline.now")}</text>}
          {axis.cuts.map((cut) => (
            <Cut key={cut.x} x={cut.x + cut.width / 2} />
          ))}
          {mark && <Mark mark={mark} x={axis.x(mark.at)} />}
          <Legend phases={guest} y={LEGEND + below} />
        </g>
      </svg>
    </div>
  );
}

interface Drawn {
  phases: readonly model.Phase<model.GuestKind | model.ApiKind>[];
  axis: model.Axis;
  y: number;
  timed?: boolean;
}

function Lane({ phases, axis, y, timed = false }: Drawn): ReactNode {
  const text = useText();
  return phases.map((phase) => {
    const from = axis.x(phase.from);
    const width = Math.max(1, axis.x(phase.to) - from);
    const word = phase.kind === "shutting-down" ? phase.kind : text(`timeline.${phase.kind}`); // EC2's own word
    const long = model.duration((phase.to - phase.from) / 1000);
    const middle = from + width / 2;
    return (
      <g key={`${phase.kind}-${phase.from}`}>
        <rect className={`phase ${phase.kind}`} x={from} y={y} width={width} height={LANE} rx={2}>
          <title>{`${word}: ${long}`}</title>
        </rect>
        {width > widthOf(word, CHARACTER) + 8 && (
          <text x={middle} y={y + 19} textAnchor="middle">{phase.open ? `${word} …` : word}</text>
        )}
        {timed && width > widthOf(long, CHARACTER) && (
          <text className="faint" x={middle} y={y + LANE + 16} textAnchor="middle">{long}</text>
        )}
      </g>
    );
  });
}

const SHAPES = { cut: "l5 5l-5 5l-5 -5z", reachable: "m-5 1h10l-5 9z" };

/** When the disks were cut, and for how long; when the guest was reachable again. */
function Marks({ marks, axis }: { marks: readonly moments.Mark[]; axis: model.Axis }): ReactNode {
  return marks.map(({ kind, at, seconds }) => {
    const x = axis.x(at);
    return (
      <g key={`${kind}-${at}`}>
        <path className="moment" d={`M${x} ${MARKS - 4}${SHAPES[kind]}`} />
        {seconds !== null && (
          <text className="faint" x={x - 8} y={MARKS + 5} textAnchor="end">{`${Math.round(seconds * 1000)} ms`}</text>
        )}
      </g>
    );
  });
}

/** The marked moment, through both lanes; its word is beneath the axis, on the side where there is room. */
function Mark({ mark, x }: { mark: Marked; x: number }): ReactNode {
  const isLeft = x + widthOf(mark.text, CHARACTER) > DRAWN;
  return (
    <g>
      <line className="cut" x1={x} x2={x} y1={API - 8} y2={AXIS + 8} />
      <text className="strong" x={isLeft ? x - 5 : x + 5} y={AXIS + 19} textAnchor={isLeft ? "end" : "start"}>
        {mark.text}
      </text>
    </g>
  );
}

/** What is rare has its place in it where the picture shows it. */
function Legend({ phases, y }: { phases: Drawn["phases"]; y: number }): ReactNode {
  const text = useText();
  const rare = RARE.filter((kind) => phases.some((phase) => phase.kind === kind));
  const words = [
    ...[...rare, ...USUAL].map((kind) => ({ kind, word: text(`timeline.${kind}`) })),
    { kind: "cut" as const, word: text("timeline.cut") },
    { kind: "reachable" as const, word: text("timeline.reachable") },
  ];
  return words.map(({ kind, word }, index) => (
    <g key={kind} transform={`translate(${(index * DRAWN) / Math.max(USUAL_WORDS, words.length)} ${y})`}>
      {kind === "cut" || kind === "reachable" ? (
        <path className="moment" d={`M7 -9${SHAPES[kind]}`} />
      ) : (
        <rect className={`phase ${kind}`} y={-11} width={14} height={14} rx={2} />
      )}
      <text className="faint" x={20}>{word}</text>
    </g>
  ));
}

function Cut({ x }: { x: number }): ReactNode {
  return <path className="gap" d={`M${x - 6} ${AXIS + 6}l6 -12m0 12l6 -12`} />;
}
