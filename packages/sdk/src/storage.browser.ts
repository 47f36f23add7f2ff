/** `@facet/sdk/storage`: the models that a site keeps in the browser's storage. For pages; it rejects anywhere else. */
export {
  listStoredModels,
  removeStoredModel,
  storageEstimate,
  type StorageEstimate,
  type StoredFile,
  type StoredModel,
  verifyStoredModel,
} from "./hub/storedModels.browser.ts"
export { persistStorage } from "./hub/persistence.browser.ts"
