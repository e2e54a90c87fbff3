/** A node of a VPC's map: a box with its name and a line about it, and of a subnet its instances. Titles are what is heard. */
import type { ReactNode } from "react";
import { spoken } from "../../../resource/State";
import { at } from "../../../shell/place";
import { useText } from "../../../texts/texts";
import { addressOf } from "../links";
import { fitted } from "./fitted";
import { BOX, MOST_GUESTS, ROW, type Box } from "./layout";
import type { Guest, Node, VpcMap } from "./nodes";
import { guestSaid, noteOf, saidOf } from "./words";

/** What is pointed at is highlighted with its way. */
export interface Pointing {
  classOf: (id: string) => string;
  over: (id: string) => Record<"onMouseEnter" | "onMouseLeave" | "onFocus" | "onBlur", () => void>;
}

interface Properties {
  map: VpcMap;
  node: Node;
  box: Box;
  region: string | undefined;
  pointing: Pointing;
}

const STRONG = 7.2; // px of 12 px letters in bold, about
const PADDING = 10;

export function MapNode({ map, node, box, region, pointing }: Properties): ReactNode {
  const text = useText();
  const { x, y, width, height } = box;
  const inner = width - 2 * PADDING;
  const said = saidOf(text, map, node);
  const href = region === undefined ? undefined : addressOf(region, node.id);
  const content = (
    <>
      <title>{said}</title>
      <rect width={width} height={height} rx={6} />
      <g aria-hidden="true">
        <text className="strong" x={PADDING} y={20}>{fitted(node.name || node.id, inner, STRONG)}</text>
        <text className="faint" x={PADDING} y={37}>{fitted(noteOf(text, node), inner)}</text>
        {node.kind === "vpc" &&
          node.blocks.slice(1).map((block, index) => (
            <text key={block} className="faint" x={PADDING} y={37 + ROW * (index + 1)}>{block}</text>
          ))}
      </g>
    </>
  );
  const state = `${node.kind} ${"isPublic" in node && node.isPublic ? "public" : ""} ${pointing.classOf(node.id)}`;
  return (
    <g transform={`translate(${x} ${y})`} className={`node ${state}`}>
      {href === undefined ? (
        <g role="img" aria-label={said} tabIndex={0} {...pointing.over(node.id)}>
          {content}
        </g>
      ) : (
        <a href={href} {...pointing.over(node.id)}>
          {content}
        </a>
      )}
      {node.kind === "subnet" && region !== undefined && <Guests guests={node.guests} region={region} width={inner} pointing={pointing} />}
    </g>
  );
}

function Guests({ guests, region, width, pointing }: { guests: readonly Guest[]; region: string; width: number; pointing: Pointing }): ReactNode {
  const text = useText();
  const more = guests.length - MOST_GUESTS;
  return (
    <>
      {guests.slice(0, MOST_GUESTS).map((guest, index) => {
        const said = guestSaid(text, guest);
        const words = [guest.name || guest.id, guest.address, spoken(guest.state)].join(" · ");
        return (
          <g key={`${guest.id} ${guest.address}`} transform={`translate(${PADDING} ${BOX - 6 + index * ROW})`}>
            <a
              href={at(region, "instances", guest.id)}
              className={`guest ${pointing.classOf(guest.id)}`}
              {...pointing.over(guest.id)}
            >
              <title>{said}</title>
              <rect x={-4} width={width + 8} height={ROW - 2} rx={4} />
              <circle className={guest.state} cx={5} cy={ROW / 2 - 1} r={4} />
              <text x={16} y={13} aria-hidden="true">{fitted(words, width - 16)}</text>
            </a>
          </g>
        );
      })}
      {more > 0 && <text className="faint" x={PADDING} y={BOX + 8 + MOST_GUESTS * ROW}>{text("map.more", { count: more })}</text>}
    </>
  );
}
