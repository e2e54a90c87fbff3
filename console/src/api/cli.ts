/** Calls as commands of the AWS CLI: what a page does, a person can repeat. */

const MISREAD = /^(-|\w+:\/\/)/;
const LIKE_JSON = /^\s*[[{]/; // in a list; a text alone may look like it
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g;

/** `CreateImage` as `create-image`. The model's plural abbreviations (`VolumeIds`, `ImageIDs`) stay one word. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** The command that makes this call. */
export function asCli(action: string, parameters: object, region: string, service = "ec2"): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const misread = given.filter(([, value]) => isMisread(value));
  const options = given.filter((one) => !misread.includes(one)).map(([name, value]) => option(name, value));
  const asJson = misread.length > 0 ? [`--cli-input-json ${quoted(JSON.stringify(Object.fromEntries(misread)))}`] : [];
  return [`aws ${service} ${kebab(action)}`, `--region ${quoted(region)}`, ...options, ...asJson].join(" ");
}

/** Whether the AWS CLI would take it for an option, for JSON, or for the address of something to read instead. */
function isMisread(value: unknown): boolean {
  if (typeof value === "string") return MISREAD.test(value);
  return Array.isArray(value) && value.some((item) => typeof item === "string" && (MISREAD.test(item) || LIKE_JSON.test(item)));
}

/** A command that reads one of its options, which may be any text, from a pipe: both versions of the AWS CLI take it so. */
export function piped(text: string, command: string, flag: string): string {
  return `printf %s ${quoted(text)} | ${command} --${flag} fileb:///dev/stdin`;
}

function option(name: string, value: unknown): string {
  const flag = kebab(name);
  if (typeof value === "boolean") {
    if (flag === "egress") return value ? "--egress" : "--ingress"; // of a network ACL's entry
    if (flag.startsWith("no-")) return value ? `--${flag}` : `--${flag.slice(3)}`; // NoReboot
    return value ? `--${flag}` : `--no-${flag}`;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return `--${flag} ${value.map(quoted).join(" ")}`;
  }
  return `--${flag} ${quoted(typeof value === "string" ? value : JSON.stringify(value))}`;
}

/** For a POSIX shell. Pasted into a terminal, a control character would end the line or begin another: it is spelt out. */
export function quoted(text: string): string {
  if (/^(?!=)[\w@%+=:,./-]+$/.test(text)) return text;
  if (text.search(CONTROLS) < 0) return `'${text.replaceAll("'", `'"'"'`)}'`;
  const spelt = text.replace(/[\\']/g, "\\$&").replace(CONTROLS, escaped);
  return `$'${spelt}'`;
}

/** Its bytes in UTF-8, as `$'…'` names them. */
function escaped(control: string): string {
  return Array.from(new TextEncoder().encode(control), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
