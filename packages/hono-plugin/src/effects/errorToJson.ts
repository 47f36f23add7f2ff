/** Typed errors as JSON, fit for clients. */
import {
  ClosedError,
  ContextOverflowError,
  EngineCrashedError,
  errorToPlain,
  type FacetError,
  GuardTimeoutError,
  InvalidRequestError,
  JudgeError,
  ModelFileError,
  ModelNotFoundError,
  OverloadedError,
  type PlainError,
  RuntimeError,
  ScopeFileError,
  UnsupportedModelError,
} from "@facet/sdk/words"
import { publicModelName } from "../ServerOptions.ts"
import { OpeningError } from "./OpeningError.ts"

/** @returns `{ _tag, message, … }`: the class by its name, and its fields. */
export const errorToJson = (error: unknown): PlainError => errorToPlain(tellable(error))

/** Errors that tell nothing but what a client sent, or may know. */
const harmless = [ClosedError, ContextOverflowError, GuardTimeoutError, InvalidRequestError, OverloadedError]

const operator = "Tell whoever runs the server: its log says more"

/**
 * The same class, without what only the operator may know: paths, and what the runtime said of them.
 */
export function tellable(error: unknown): FacetError {
  if (error instanceof OpeningError) return ofOpening(error.cause)
  if (isOperators(error)) {
    const problem = `the server has opened no ${error.option === "shield" ? "guard" : "autoencoders"}`
    return new InvalidRequestError({ option: error.option, problem, remedy: `${operator}.` })
  }
  // What a service said may tell of the operator's account.
  if (error instanceof JudgeError) {
    return new JudgeError({ judge: error.judge, problem: "it did not judge", remedy: `${operator}.` })
  }
  const known = harmless.find((kind) => error instanceof kind)
  // `instanceof` over a list narrows nothing, but the list holds classes of this union alone.
  if (known !== undefined) return error as FacetError
  return (
    ofFiles(error) ??
    (error instanceof EngineCrashedError
      ? new EngineCrashedError({ problem: "its thread ended" })
      : runtimeError("The request"))
  )
}

/** That no guard or no autoencoders were opened is nothing that a client could change. */
export const isOperators = (error: unknown): error is InvalidRequestError =>
  error instanceof InvalidRequestError &&
  (error.option === "shield" || error.option === "scope") &&
  error.problem !== "there is no such option"

const ofOpening = (cause: unknown): FacetError => ofFiles(cause) ?? runtimeError("Opening the model")

const runtimeError = (operation: string): RuntimeError =>
  new RuntimeError({ operation, problem: "the server's log says why" })

function ofFiles(error: unknown): FacetError | undefined {
  const told = { problem: "it cannot be used", remedy: `${operator}.` }
  if (error instanceof ModelNotFoundError) {
    return new ModelNotFoundError({ ...told, model: publicModelName(error.model), problem: "the server has it not" })
  }
  if (error instanceof ModelFileError) return new ModelFileError({ ...told, file: publicModelName(error.file) })
  if (error instanceof ScopeFileError) return new ScopeFileError({ ...told, file: publicModelName(error.file) })
  if (!(error instanceof UnsupportedModelError)) return undefined
  const { architecture, supported } = error
  return new UnsupportedModelError({ model: publicModelName(error.model), architecture, supported })
}
