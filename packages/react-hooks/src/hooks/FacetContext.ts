import { createContext, useContext } from "react"
import type { FacetStore } from "../store/FacetStore.ts"

export const FacetContext = createContext<FacetStore | undefined>(undefined)

/** The store of the nearest provider. */
export function useFacetStore(): FacetStore {
  const store = useContext(FacetContext)
  if (store !== undefined) return store
  throw new Error("There is no FacetProvider above this component. Put <FacetProvider> around what uses Facet's hooks.")
}
