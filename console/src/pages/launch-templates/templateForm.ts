/** The form of a launch template's version, and the data that it comes to. What it has no field for is JSON. Pure. */
import { bytesOf } from "../../api/base64";
import type { LaunchTemplateData, RequestLaunchTemplateData } from "../../api/types";
import { NO_USER_DATA, ofText, wrongUserData, type UserData } from "../launch/userData";
import type { TextKey } from "../../texts/texts";

export interface TemplateForm {
  /** Empty: not in the template. So of all of them. */
  imageId: string;
  type: string;
  key: string;
  groups: readonly string[];
  userData: UserData;
  /** Everything else, as JSON. */
  more: string;
}

export const EMPTY: TemplateForm = { imageId: "", type: "", key: "", groups: [], userData: NO_USER_DATA, more: "" };

/** What has a field of its own, by the parameter that it becomes. */
const FIELDS = ["ImageId", "InstanceType", "KeyName", "SecurityGroupIds", "UserData"] as const;

/** The form that shows this data. */
export function formOf(data: LaunchTemplateData): TemplateForm {
  const { ImageId = "", InstanceType, KeyName = "", SecurityGroupIds = [], UserData = "", ...rest } = data;
  return {
    imageId: ImageId,
    type: InstanceType ?? "",
    key: KeyName,
    groups: SecurityGroupIds,
    userData: userDataOf(UserData),
    more: Object.keys(rest).length === 0 ? "" : JSON.stringify(rest, null, 2),
  };
}

/** As text where it is one, else as base64. */
function userDataOf(base64: string): UserData {
  const bytes = bytesOf(base64);
  if (bytes === undefined) return ofText(base64, true);
  try {
    return ofText(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), false);
  } catch {
    return ofText(base64, true);
  }
}

/** The data that the form says; undefined where it cannot be read. */
export function dataOf({ imageId, type, key, groups, userData, more }: TemplateForm): RequestLaunchTemplateData | undefined {
  const rest = parsed(more);
  if (rest === undefined) return undefined;
  const data = {
    ...(imageId !== "" && { ImageId: imageId }),
    ...(type !== "" && { InstanceType: type }),
    ...(key !== "" && { KeyName: key }),
    ...(groups.length > 0 && { SecurityGroupIds: [...groups] }),
    ...(userData.base64 !== "" && { UserData: userData.base64 }),
    ...rest,
  };
  return data as RequestLaunchTemplateData;
}

/** Why it cannot be sent; null where it can, or where EC2 says what is wrong with it. */
export function wrongForm(form: TemplateForm): TextKey | null {
  const rest = parsed(form.more);
  if (rest === undefined) return "template.moreWrong";
  if (FIELDS.some((name) => name in rest)) return "template.moreTwice";
  return wrongUserData(form.userData);
}

function parsed(json: string): Record<string, unknown> | undefined {
  if (json.trim() === "") return {};
  try {
    const found: unknown = JSON.parse(json);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
