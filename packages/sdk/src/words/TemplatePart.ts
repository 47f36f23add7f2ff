/** A stretch of plain text, or one control token by name: what templates are made of. */
export type TemplatePart = string | { readonly control: string }
