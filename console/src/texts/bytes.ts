/** Numbers of bytes as people read them. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `1.5 GiB`; undefined where it is not known. */
export function byteSize(bytes: number | null | undefined): string | undefined {
  if (bytes === undefined || bytes === null) return undefined;
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}
