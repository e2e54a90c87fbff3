/** Calls as commands of the AWS CLI: what a page does, a person can repeat. */

/** `CreateImage` as `create-image`. The model's plural abbreviations (`VolumeIds`, `ImageIDs`) stay one word. */
export function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** The command that makes this call. */
export function asCli(action: string, parameters: object, region: string): string {
  const options = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => option(name, value));
  return [`aws ec2 ${kebab(action)}`, `--region ${quoted(region)}`, ...options].join(" ");
}

/** A command that reads one of its options, which may be any text, from a pipe: both versions of the AWS CLI take it so. */
export function piped(text: string, command: string, flag: string): string {
  return `printf %s ${quoted(text)} | ${command} --${flag} fileb:///dev/stdin`;
}

function option(name: string, value: unknown): string {
  const flag = kebab(name);
  if (typeof value === "boolean") {
    if (flag.startsWith("no-")) return value ? `--${flag}` : `--${flag.slice(3)}`; // NoReboot
    return value ? `--${flag}` : `--no-${flag}`;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return `--${flag} ${value.map(quoted).join(" ")}`;
  }
  return `--${flag} ${quoted(typeof value === "string" ? value : JSON.stringify(value))}`;
}

/** For a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}
