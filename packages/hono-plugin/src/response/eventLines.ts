/** Lines of an event stream. */
export const dataLine = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`

export const eventLines = (event: string, data: unknown): string => `event: ${event}\n${dataLine(data)}`

export const doneLine = "data: [DONE]\n\n"
