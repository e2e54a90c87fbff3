import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { act } from "react";
import { expect, test } from "vitest";
import { show } from "../../testing";
import { EncryptionFields, encryptionAsked, NOT_ENCRYPTED, type Encryption } from "./EncryptionFields";

test("a request says of encryption what was asked for, and nothing else", () => {
  expect(encryptionAsked(NOT_ENCRYPTED)).toEqual({});
  expect(encryptionAsked({ encrypted: true, key: "" })).toEqual({ Encrypted: true });
  expect(encryptionAsked({ encrypted: true, key: " alias/mine " })).toEqual({ Encrypted: true, KmsKeyId: "alias/mine" });
});

test("a key is asked for once it is to be encrypted", async () => {
  const heard: Encryption[] = [];
  const onChange = (value: Encryption): void => void heard.push(value);
  await show(<EncryptionFields value={NOT_ENCRYPTED} onChange={onChange} />);
  expect(createWrapper().findInput()).toBeNull();
  act(() => createWrapper().findCheckbox()!.findNativeInput().click());
  expect(heard).toEqual([{ encrypted: true, key: "" }]);
  await show(<EncryptionFields value={{ encrypted: true, key: "" }} onChange={onChange} />);
  expect(document.body.textContent).toContain("Empty: the account's default key.");
});

test("what is made of something encrypted is encrypted, and may have another key", async () => {
  await show(<EncryptionFields value={NOT_ENCRYPTED} onChange={() => undefined} always />);
  const box = createWrapper().findCheckbox()!.findNativeInput().getElement() as HTMLInputElement;
  expect([box.checked, box.disabled]).toEqual([true, true]);
  expect(document.body.textContent).toContain("Empty: the key that it has.");
});
