import { act, useState } from "react";
import { expect, test } from "vitest";
import { show } from "../testing";
import { useSteadyOrder } from "./steadyOrder";

let become: (rows: string[]) => void;

function Rows() {
  const [rows, setRows] = useState(["a", "c", "new 1"]);
  become = setRows;
  return useSteadyOrder(rows, (row) => row).join(" ");
}

test("what appears comes last, and what comes back is where it was", async () => {
  const page = await show(<Rows />);
  const then = async (...rows: string[]): Promise<string> => {
    await act(async () => become(rows));
    return page();
  };
  expect(page()).toBe("a c new 1");
  expect(await then("a", "b", "c", "new 1", "new 2")).toBe("a c new 1 b new 2");
  expect(await then("a", "b", "new 1", "new 2")).toBe("a new 1 b new 2");
  expect(await then("a", "b", "c", "new 2")).toBe("a c b new 2");
});
