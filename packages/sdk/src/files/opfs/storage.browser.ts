/** `@facet/sdk/storage`: the models that a site keeps in the browser's storage. For pages; it rejects anywhere else. */
export {
  listStoredModels,
  removeStoredModel,
  storageEstimate,
  type StorageEstimate,
  type StoredFile,
  type StoredModel,
  verifyStoredModel,
} from "./StoredModels.browser.ts"
export { persistStorage } from "./persistStorage.browser.ts"
