/** A `content-type`, taken apart. */
export interface MediaType {
  /** In small letters, without parameters; empty when there is none. */
  readonly name: string
  readonly charset: string | undefined
  readonly isJson: boolean
}

export function mediaTypeOf(header: string | null | undefined): MediaType {
  const [type = "", ...parameters] = (header ?? "").split(";")
  const name = type.trim().toLowerCase()
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/i.exec(parameter)?.[1])
    .find(Boolean)
  return { name, charset, isJson: /^(application|text)\/(.+\+)?json$/.test(name) }
}
