/** What an image may be called: CreateImage's documentation. */
const NAME = /^[\w ()[\]./\-'@]{3,128}$/;

export function isImageName(name: string): boolean {
  return NAME.test(name);
}
