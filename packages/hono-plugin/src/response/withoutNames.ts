import { isNameShaped } from "@facet/sdk"
import type { JsonRecord } from "@facet/sdk/words"

/**
 * An event without the fields that hold a name in its protocol: its own type, an id, a model. Where such a field says
 * anything but a name, it stays.
 */
export const withoutNames = (event: JsonRecord, fields: ReadonlyArray<string>): JsonRecord =>
  Object.fromEntries(
    Object.entries(event).filter(
      ([key, value]) => !(fields.includes(key) && typeof value === "string" && isNameShaped(value)),
    ),
  )
