/** A guest's serial console: `serial.html#/us-east-1/i-…`. */
import Link from "@cloudscape-design/components/link";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { live } from "../api/live";
import { halfB, onEnd, type SignedOut } from "../api/session";
import { at, usePlace } from "../shell/place";
import { SignIn } from "../shell/SignIn";
import { useText } from "../texts/texts";
import { Line, type LineState } from "./line";
import { Screen } from "./screen";

const UNREAD_SHOWN = 5000; // ms
const LOOKS: Record<LineState, StatusIndicatorProps.Type> = {
  connecting: "pending",
  open: "success",
  lost: "warning",
  full: "warning",
  stopped: "stopped",
  disabled: "stopped",
  terminated: "stopped",
  missing: "error",
};

export function SerialPage(): ReactNode {
  const text = useText();
  const { region, page: id } = usePlace("");
  const [signedOut, setSignedOut] = useState<SignedOut | undefined>(halfB() === null ? "never" : undefined);
  useEffect(() => {
    document.title = `${id} – ${text("action.serialConsole")}`;
  }, [id, text]);
  useEffect(() => onEnd(setSignedOut), []);
  useEffect(() => {
    if (signedOut !== undefined) return;
    live.start();
    return () => live.stop();
  }, [signedOut]);
  if (signedOut !== undefined) return <SignIn why={signedOut} />;
  if (id === "") return <main className="serial-nothing">{text("serial.nothing")}</main>;
  return <SerialConsole key={`${region}/${id}`} region={region} id={id} />;
}

function SerialConsole({ region, id }: { region: string; id: string }): ReactNode {
  const text = useText();
  const place = useRef<HTMLDivElement>(null);
  const outside = useRef<HTMLDivElement>(null);
  const [{ state, reason }, setBecame] = useState<{ state: LineState; reason: string }>({ state: "connecting", reason: "" });
  const [unread, setUnread] = useState(false);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    Terminal.strings.promptLabel = text("serial.prompt");
    Terminal.strings.tooMuchOutput = text("serial.tooMuch");
    const screen = new Screen(
      (bytes) => line.type(bytes),
      (count) => text("serial.skipped", { count }),
    );
    const line = new Line(region, id, {
      begun: () => screen.clear(),
      text: (bytes) => screen.write(bytes),
      skipped: (bytes) => screen.skip(bytes),
      unread: () => {
        setUnread(true);
        clearTimeout(timer);
        timer = setTimeout(() => setUnread(false), UNREAD_SHOWN);
      },
      became: (became, why) => setBecame({ state: became, reason: why }),
    });
    const close = screen.open(place.current!);
    screen.terminal.textarea?.setAttribute("aria-describedby", "serial-leave");
    screen.terminal.attachCustomKeyEventHandler((event) => {
      if (!isLeaving(event)) return true;
      if (event.type === "keydown") outside.current?.querySelector("a")?.focus();
      event.preventDefault();
      return false;
    });
    screen.terminal.focus();
    line.start();
    return () => {
      clearTimeout(timer);
      line.stop();
      close();
    };
  }, [region, id, text]);

  return (
    <div className="serial">
      <header>
        <h1>
          {text("action.serialConsole")} {id}
        </h1>
        <div ref={outside}>
          <Link href={`/console/${at(region, "instances", id)}`}>{text("serial.details")}</Link>
        </div>
        <div role="status">
          {unread && state === "open" ? (
            <StatusIndicator type="warning">{text("serial.unread")}</StatusIndicator>
          ) : (
            <StatusIndicator type={LOOKS[state]}>{state === "missing" ? reason : text(`serial.state.${state}`)}</StatusIndicator>
          )}
        </div>
        <p id="serial-leave">{text("serial.leave")}</p>
      </header>
      <main aria-label={text("action.serialConsole")}>
        <div ref={place} className="serial-screen" />
      </main>
    </div>
  );
}

/** Every other key is the guest's, the one that moves the focus elsewhere included. */
function isLeaving({ key, ctrlKey, shiftKey }: KeyboardEvent): boolean {
  return ctrlKey && shiftKey && key === "ArrowUp";
}
