/** The mark: an emerald, cut in facets. */
export function Gem() {
  return (
    <svg className="gem" viewBox="0 0 32 32" aria-hidden="true">
      <path className="gem-body" d="M9 4h14l7 9-14 15L2 13z" />
      <path className="gem-left" d="M2 13h7.5L9 4z" />
      <path className="gem-table" d="M9 4h14l-.5 9h-13z" />
      <path className="gem-right" d="M30 13h-7.5L23 4z" />
      <path className="gem-point" d="M9.5 13h13L16 28z" />
    </svg>
  )
}
