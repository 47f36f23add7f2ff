/** What a server says of itself, as JSON, which is as it is. */
import { type Device, deviceNames, precisions } from "../words/Device.ts"
import { list, oneOf, optional, type Reader, record, text, whole } from "./Reader.ts"

/** What a server runs. */
export interface RemoteDescription {
  /** Its id, or the last name of its folder. */
  readonly model: string
  readonly device: Device
}

const name = oneOf(deviceNames)

const device = record<Device>({
  name: oneOf([...deviceNames, "server"]),
  precision: optional(oneOf(precisions)),
  threads: optional(whole),
  rejected: list(record<Device["rejected"][number]>({ name, reason: text })),
})

/** @throws Misread when it is none. */
export const descriptionFromJson: Reader<RemoteDescription> = record<RemoteDescription>({ model: text, device })

export const descriptionToJson = (description: RemoteDescription): object => description
