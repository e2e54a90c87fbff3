/** Tags as they are edited, and the calls that what was edited comes to. */
import type { TagEditorProps } from "@cloudscape-design/components/tag-editor";
import type { Asked, ResourceType, Tag } from "../api/types";

/** Tags while they are edited, and whether EC2 would take them. */
export interface EditedTags {
  tags: readonly TagEditorProps.Tag[];
  valid: boolean;
}

export const NO_TAGS: EditedTags = { tags: [], valid: true };

/** Those of its tags that people change: `aws:` is the cloud's own. */
export function changeable(tags: readonly Tag[]): Tag[] {
  return tags.filter(({ Key = "" }) => !Key.startsWith("aws:"));
}

/** The tags of a resource, to be edited. */
export function edited(tags: readonly Tag[]): EditedTags {
  return { tags: tags.map(({ Key = "", Value = "" }) => ({ key: Key, value: Value, existing: true })), valid: true };
}

/** The tags as they are to be, in EC2's form. */
export function wanted({ tags }: EditedTags): Tag[] {
  return tags.filter((tag) => !tag.markedForRemoval).map((tag) => ({ Key: tag.key, Value: tag.value }));
}

/** What a call that makes a resource takes, so that it has these tags from its first moment. */
export function tagSpecifications(
  of: ResourceType,
  after: EditedTags,
): { TagSpecifications?: { ResourceType: ResourceType; Tags: Tag[] }[] } {
  const tags = wanted(after);
  return tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: of, Tags: tags }] };
}

export interface TagCalls {
  remove?: Asked<"DeleteTags">;
  create?: Asked<"CreateTags">;
}

/** The calls that lead from what a resource's tags are to what they are to be. */
export function tagCalls(id: string, before: readonly Tag[], after: EditedTags): TagCalls {
  const [was, is] = [byKey(before), byKey(wanted(after))];
  const removed = [...was.keys()].filter((key) => !is.has(key)).map((Key) => ({ Key }));
  const created = [...is].filter(([key, value]) => was.get(key) !== value).map(([Key, Value]) => ({ Key, Value }));
  return {
    ...(removed.length > 0 && { remove: { Resources: [id], Tags: removed } }),
    ...(created.length > 0 && { create: { Resources: [id], Tags: created } }),
  };
}

function byKey(tags: readonly Tag[]): Map<string, string> {
  return new Map(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}
