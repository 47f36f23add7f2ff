import { createElement, type ReactElement, type ReactNode, useEffect, useInsertionEffect, useState } from "react"
import { FacetContext } from "./hooks/FacetContext.ts"
import { type FacetSource, keyOfSource } from "./store/FacetSource.ts"
import { FacetStore } from "./store/FacetStore.ts"

/** Where the Facet comes from (`facet` before `remote` before `open`), and when. */
export interface FacetProviderProps extends FacetSource {
  /** Opens as soon as it is there. Default `false`: when `load()` is called, or the first generation or chat asks. */
  readonly autoLoad?: boolean | undefined
  readonly children?: ReactNode
}

/**
 * One Facet for all hooks below it. Nothing is opened on a server that renders it.
 *
 * Other props count from the next `load()` or call on; a `facet` that is handed in is there at once. When it goes, what
 * it opened is closed.
 *
 * @example
 * <FacetProvider open={{ model: "tiny" }}>
 *   <App />
 * </FacetProvider>
 */
export function FacetProvider({ autoLoad = false, children, facet, open, remote }: FacetProviderProps): ReactElement {
  const [store] = useState(() => new FacetStore({ facet, open, remote }))
  // Before the effects of the components below, which may load.
  useInsertionEffect(() => store.configure({ facet, open, remote }))
  useEffect(() => store.settle())
  useEffect(() => store.retain(), [store])
  const key = keyOfSource({ open, remote })
  useEffect(() => {
    if (autoLoad) void store.load()
  }, [autoLoad, facet, key, store])
  return createElement(FacetContext.Provider, { value: store }, children)
}
