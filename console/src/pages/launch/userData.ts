/** User data of a launch: text, text that is base64 already, or a file. Pure, but for reading the file. */
import { base64Of, bytesOf } from "../../api/base64";

export interface UserData {
  /** What the reader wrote; empty where a file was chosen. */
  text: string;
  /** Whether the text is base64 already. */
  isBase64: boolean;
  file: File | undefined;
  /** What RunInstances takes. */
  base64: string;
}

export const MOST_USER_DATA = 16 * 1024; // bytes, before base64
export const NO_USER_DATA: UserData = { text: "", isBase64: false, file: undefined, base64: "" };

export function ofText(text: string, isBase64: boolean): UserData {
  const base64 = isBase64 ? text.replace(/\s+/g, "") : base64Of(new TextEncoder().encode(text));
  return { text, isBase64, file: undefined, base64 };
}

export async function ofFile(file: File): Promise<UserData> {
  const bytes = await file.slice(0, MOST_USER_DATA + 1).arrayBuffer(); // more is refused whatever it is
  return { ...NO_USER_DATA, file, base64: base64Of(new Uint8Array(bytes)) };
}

export type WrongUserData = "launch.userDataTooLong" | "launch.userDataNotBase64";

/** Why EC2 would not take it; null where it would. */
export function wrongUserData({ base64 }: UserData): WrongUserData | null {
  const bytes = bytesOf(base64);
  if (bytes === undefined) return "launch.userDataNotBase64";
  return bytes.length > MOST_USER_DATA ? "launch.userDataTooLong" : null;
}
