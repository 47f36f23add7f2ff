/** How the embedded models are named where they are no folders but assets of a bundle. */
export const embeddedPrefix = "embedded:"
