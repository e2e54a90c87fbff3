import { expect, test } from "vitest";
import { textsOf } from "../../texts/texts";
import type { FastLaunchOf, PreparedMachine } from "../images/fastLaunch";
import { FIRST } from "./launchModel";
import { wayOf } from "./way";
import { prospects } from "./WhatWillHappen";

const text = textsOf("en");
const micro = { VCpuInfo: { DefaultVCpus: 2 }, MemoryInfo: { SizeInMiB: 1024 }, SupportedBootModes: ["legacy-bios" as const, "uefi" as const] };
const machine = (state: PreparedMachine["state"], memory_mib = 1024, reason: string | null = null): PreparedMachine => ({
  ...{ machine_id: "prep-1", vcpus: 2, memory_mib, state, reason, created_at: "", ready_at: null },
});
const fast = (machines: PreparedMachine[], State: FastLaunchOf["fastLaunch"]["State"] = "enabled", target = 10): FastLaunchOf => ({
  fastLaunch: { State, StateTransitionReason: "it hangs", SnapshotConfiguration: { TargetResourceCount: target } },
  machines,
});
const said = (of: FastLaunchOf, BootMode?: "uefi-preferred"): string | undefined =>
  wayOf(text, BootMode === undefined ? {} : { BootMode }, micro, of)?.sentences[0];

test("where a machine of the size is ready, a guest goes on from memory, with virtio disks", () => {
  const way = wayOf(text, {}, micro, fast([machine("failed", 2048, "no"), machine("ready")]));
  expect(way).toEqual({ isFromMemory: true, sentences: [text("launch.willBeVirtio")] });
  expect(prospects(text, FIRST, undefined, true, way)[0]).toMatch(/^A guest goes on from memory at once/);
});

test("where it boots instead, the reason is said", () => {
  expect(said(fast([]))).toMatch(/the first launch of this size/);
  expect(said(fast([machine("stale")], "enabled", 1))).toMatch(/the first launch of this size/);
  expect(said(fast([machine("ready", 2048)], "enabled", 1))).toMatch(/target resource count, 1\./);
  expect(said(fast([machine("preparing")], "enabling"))).toMatch(/still being prepared/);
  expect(said(fast([machine("failed", 1024, "the disk is full")], "enabled-failed"))).toMatch(/could be prepared: the disk is full/);
  expect(said(fast([], "enabling-failed"))).toMatch(/could not be enabled: it hangs/);
  expect(said(fast([machine("ready")]), "uefi-preferred")).toMatch(/by UEFI/);
  const way = wayOf(text, {}, micro, fast([]));
  expect(prospects(text, FIRST, undefined, true, way).slice(0, 3)).toEqual([
    expect.stringMatching(/^A guest boots at once/),
    expect.stringMatching(/^Not from memory/),
    expect.stringMatching(/virtio disks/),
  ]);
});

test("where it is off, nothing is said of it", () => {
  expect(wayOf(text, {}, micro, fast([machine("ready")], "disabling"))).toBeNull();
});
