import { expect, test } from "vitest";
import { configurationsOf, NOTHING, optionsText } from "./model";

test("only what was typed is asked for, and servers are parted by commas", () => {
  const typed = { ...NOTHING, "domain-name": " corp.example ", "ntp-servers": "169.254.169.123, 10.0.0.5," };
  expect(configurationsOf(typed)).toEqual([
    { Key: "domain-name", Values: ["corp.example"] },
    { Key: "ntp-servers", Values: ["169.254.169.123", "10.0.0.5"] },
  ]);
  expect(configurationsOf(NOTHING)).toEqual([]);
});

test("options are one line", () => {
  const DhcpConfigurations = [
    { Key: "domain-name", Values: [{ Value: "ec2.internal" }] },
    { Key: "domain-name-servers", Values: [{ Value: "10.0.0.2" }, { Value: "10.0.0.3" }] },
  ];
  expect(optionsText({ DhcpConfigurations })).toBe("domain-name = ec2.internal; domain-name-servers = 10.0.0.2, 10.0.0.3");
});
