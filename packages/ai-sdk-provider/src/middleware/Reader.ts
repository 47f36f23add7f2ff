import type * as Sdk from "@facet/sdk"

/** How the SDK reads words. It is loaded with the first call: importing a provider must not start an engine's runtime. */
export type Reader = Pick<
  typeof Sdk,
  | "charactersOf"
  | "joinTexts"
  | "JsonRedaction"
  | "keptCharactersOf"
  | "saidOtherwise"
  | "StreamWords"
  | "withWritten"
  | "wordsOfFile"
  | "wordsOfFileInSlices"
  | "wordsOfJsonInSlices"
  | "wordsOfUrlInSlices"
  | "writableStrings"
>
