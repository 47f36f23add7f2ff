import { show } from "../words/Checks.ts"
import { invalidRequest } from "../words/Errors.ts"
import { isRecord } from "../words/Json.ts"

/** @throws InvalidRequestError: what is to be judged and is not may not be taken for nothing. */
export function checkReadings(readings: unknown): void {
  if (!Array.isArray(readings)) {
    throw invalidRequest(
      "input",
      `${show(readings)} is no list of readings`,
      "Pass a text, or what `promptReadings()` gives.",
    )
  }
  const wrong = readings.findIndex((reading) => !isRecord(reading) || typeof reading["text"] !== "string")
  if (wrong >= 0) throw invalidRequest(`input[${wrong}].text`, "it is no text", "Pass a text.")
}
