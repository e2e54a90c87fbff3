/** The time, which goes on by itself. */
import { useEffect, useState } from "react";

const TICK = 500; // ms, while the guest boots or shuts down
const SLOW_TICK = 2000; // ms, else

/** Now, in milliseconds since 1970; `moving` where something is seen to go on. */
export function useNow(moving: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), moving ? TICK : SLOW_TICK);
    return () => clearInterval(timer);
  }, [moving]);
  return now;
}
