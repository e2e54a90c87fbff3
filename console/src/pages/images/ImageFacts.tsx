/** What is known of one image. */
import Link from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import type { Image } from "../../api/types";
import { Facts } from "../../resource/Facts";
import { spoken, State } from "../../resource/State";
import { at } from "../../shell/place";
import { useMoment, useText } from "../../texts/texts";
import { FastLaunchState } from "./FastLaunchFacts";

export function ImageFacts({ region, item: image }: { region: string; item: Image }): ReactNode {
  const text = useText();
  const moment = useMoment();
  return (
    <Facts
      facts={[
        ["image.id", image.ImageId],
        ["image.name", image.Name],
        ["image.status", <State state={image.State ?? ""} />],
        ["image.description", image.Description],
        ["image.source", image.ImageLocation],
        ["image.owner", image.OwnerId],
        ["image.visibility", text(image.Public === true ? "image.public" : "image.private")],
        ["image.created", moment(image.CreationDate)],
        ["image.stateReason", image.StateReason?.Message],
        ["image.platform", image.PlatformDetails],
        ["image.architecture", image.Architecture],
        ["image.virtualization", image.VirtualizationType],
        ["image.bootMode", image.BootMode],
        ["image.imds", image.ImdsSupport],
        ["image.rootName", image.RootDeviceName],
        ["image.rootType", image.RootDeviceType?.toUpperCase()],
        ["image.sourceInstance", to(region, "instances", image.SourceInstanceId)],
        ["image.sourceImage", to(image.SourceImageRegion ?? region, "images", image.SourceImageId)],
        ["image.lastLaunched", moment(image.LastLaunchedTime)],
        ["image.deprecation", moment(image.DeprecationTime)],
        ["image.protection", spoken(image.DeregistrationProtection ?? "")],
        ["image.fastLaunch", <FastLaunchState region={region} imageId={image.ImageId ?? ""} />],
      ]}
    />
  );
}

function to(region: string, page: string, id: string | undefined): ReactNode {
  return id === undefined ? undefined : <Link href={at(region, page, id)}>{id}</Link>;
}
