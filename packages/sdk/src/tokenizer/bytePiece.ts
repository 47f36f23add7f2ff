/** How a vocabulary names the token of one byte: `<0xE2>`. */
export const bytePiece = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`
