/** User data: written here, or a file's bytes as they are. */
import Checkbox from "@cloudscape-design/components/checkbox";
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import type { ReactNode } from "react";
import { useText } from "../../texts/texts";
import { NO_USER_DATA, ofFile, ofText, wrongUserData, type UserData } from "./userData";

export function UserDataField({ value, onChange }: { value: UserData; onChange: (value: UserData) => void }): ReactNode {
  const text = useText();
  const wrong = wrongUserData(value);
  const isFile = value.file !== undefined;
  const choose = async (file: File | undefined): Promise<void> => onChange(file === undefined ? NO_USER_DATA : await ofFile(file));
  return (
    <SpaceBetween size="xs">
      <FormField
        label={text("userData.label")}
        description={text("launch.userDataHelp")}
        errorText={wrong === null ? "" : text(wrong)}
        stretch
      >
        <Textarea
          value={value.text}
          rows={6}
          spellcheck={false}
          disabled={isFile}
          placeholder="#!/bin/sh"
          onChange={({ detail }) => onChange(ofText(detail.value, value.isBase64))}
        />
      </FormField>
      {!isFile && (
        <Checkbox checked={value.isBase64} onChange={({ detail }) => onChange(ofText(value.text, detail.checked))}>
          {text("launch.userDataBase64")}
        </Checkbox>
      )}
      <FormField label={text("launch.userDataFile")}>
        <FileUpload
          value={value.file === undefined ? [] : [value.file]}
          showFileSize
          onChange={({ detail }) => void choose(detail.value[0])}
          i18nStrings={{
            uploadButtonText: () => text("launch.chooseFile"),
            removeFileAriaLabel: () => text("launch.removeFile"),
          }}
        />
      </FormField>
    </SpaceBetween>
  );
}
