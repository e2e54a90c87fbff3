import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "./en";
import { ja } from "./ja";
import { textsOf, type TextKey } from "./texts";

const keys = Object.keys(en) as TextKey[];
const values = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test("no text is missing in a language, and none is left over", () => {
  expect(Object.keys(ja).sort()).toEqual([...keys].sort());
  expect(keys.filter((key) => ja[key].trim() === "" || en[key].trim() === "")).toEqual([]);
});

test("a text has the same values in every language", () => {
  expect(keys.filter((key) => values(en[key]).join() !== values(ja[key]).join())).toEqual([]);
});

test("texts in Japanese are in Japanese, but for EC2's own words", () => {
  const same = keys.filter((key) => en[key] === ja[key] && !/^[\w\s()–]*$/.test(en[key].replace(/[{}]/g, "")));
  expect(same).toEqual([]);
});

test("every text is used", () => {
  const sources = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return sources(path);
      return /\.tsx?$/.test(name) && !/(en|ja)\.ts$|\.test\./.test(name) ? [readFileSync(path, "utf8")] : [];
    });
  const all = sources("src").join("\n");
  const made = [
    "action.",
    "cause.",
    "createVpc.nat.",
    "cut.kind.",
    "cut.proof.",
    "dhcp.",
    "map.kind.",
    "protection.",
    "serial.state.",
    "signedOut.",
    "state.dialog.",
    "state.will.",
    "timeline.",
    "vpc.",
    "vpcSettings.",
  ]; // of a word of EC2's
  const unused = keys.filter((key) => !all.includes(`"${key}"`) && !made.some((prefix) => key.startsWith(prefix)));
  expect(unused).toEqual([]);
});

test("values are put into texts", () => {
  expect(textsOf("en")("table.of", { count: 3, of: 7 })).toBe("3 of 7");
});
