/** What labelled examples say of questions, as JSON, which is as it is. */
import type { Calibrated, CalibrationReport } from "../words/Calibration.ts"
import { isRecord } from "../words/Json.ts"
import type { PlattCalibration, Questions, TemperatureCalibration } from "../words/Question.ts"
import { number, type Reader, record, whole } from "./Reader.ts"

type Calibration = PlattCalibration | TemperatureCalibration

const temperature = record<TemperatureCalibration>({ temperature: number })
const platt = record<PlattCalibration>({ slope: number, offset: number })

const calibration: Reader<Calibration> = (value, path) =>
  isRecord(value) && "temperature" in value ? temperature(value, path) : platt(value, path)

const report = record<CalibrationReport>({
  examples: whole,
  ece: record<CalibrationReport["ece"]>({ before: number, after: number }),
})

export const calibratedToJson = (calibrated: Calibrated): object => calibrated

/**
 * A reader of what examples say of these questions, which are given back as they were, each with its calibration.
 *
 * @returns a reader that throws Misread for anything else.
 */
export function calibratedReader<Q extends Questions>(questions: Q): Reader<Calibrated<Q>> {
  return (document, path) => {
    const ofEach = <A>(reader: Reader<A>) => record<Record<string, A>>(mapped(questions, () => reader))
    const read = record<Told>({ questions: ofEach(record({ calibration })), reports: ofEach(report) })
    const { questions: told, reports } = read(document, path)
    const calibrated = mapped(questions, (question, name) => ({ ...question, ...told[name] }))
    // The questions that were given, each with what its reader gave.
    return { questions: calibrated, reports } as unknown as Calibrated<Q>
  }
}

interface Told {
  readonly questions: Readonly<Record<string, { readonly calibration: Calibration }>>
  readonly reports: Readonly<Record<string, CalibrationReport>>
}

const mapped = <A, B>(all: Readonly<Record<string, A>>, change: (one: A, name: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one, name)]))
