interface SearchFieldProps {
  readonly id: string
  readonly query: string
  readonly onChange: (query: string) => void
}

/** A field that finds features of the text. */
export function SearchField({ id, onChange, query }: SearchFieldProps) {
  return (
    <div data-part="search">
      <label htmlFor={id}>Search features</label>
      <input
        id={id}
        type="search"
        placeholder="Label or number"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  )
}
