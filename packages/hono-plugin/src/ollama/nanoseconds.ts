/** Milliseconds as Ollama's API tells times: whole nanoseconds. */
export const nanoseconds = (milliseconds: number): number => Math.round(Math.max(0, milliseconds) * 1e6)
