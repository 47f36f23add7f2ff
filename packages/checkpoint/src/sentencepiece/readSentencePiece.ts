/**
 * A SentencePiece model file (`tokenizer.model`, `vocabulary.spm`), read without a library for protocol buffers: of its
 * messages three are needed, and their encoding is a dozen lines (protobuf.dev, "Encoding").
 *
 * Source: google/sentencepiece, `src/sentencepiece_model.proto`: ModelProto { pieces = 1 { piece = 1, score = 2, type = 3 },
 * trainer_spec = 2 { model_type = 3 }, normalizer_spec = 3 { add_dummy_prefix = 3 } }.
 */
import { checkPieces, PieceType, type Refuse, type Vocabulary } from "./Vocabulary.ts"

/** `TrainerSpec.ModelType.BPE`; where a file does not say, it is UNIGRAM. */
const bpe = 2
const unigram = 1

/**
 * @param where what the bytes are, for messages: a file's name.
 * @throws ModelFileError when they are no SentencePiece model, or one of another kind than Gemma's.
 */
export function readSentencePiece(bytes: Uint8Array, where: string, refuse: Refuse): Vocabulary {
  const damaged = () => refuse(`${where} is no SentencePiece model, or damaged`)
  const pieces: Array<string> = []
  const scores: Array<number> = []
  const types: Array<number> = []
  let kind = unigram
  let addsPrefix = true
  for (const field of fieldsOf(bytes, damaged)) {
    if (!(field.value instanceof Uint8Array)) continue
    if (field.number === 1) {
      const { piece, score, type } = readPiece(field.value, damaged)
      pieces.push(piece)
      scores.push(score)
      types.push(type)
    } else if (field.number === 2) kind = numberIn(field.value, 3, unigram, damaged)
    else if (field.number === 3) addsPrefix = numberIn(field.value, 3, 1, damaged) !== 0
  }
  if (pieces.length === 0) throw damaged()
  if (kind !== bpe) throw refuse(`${where} is of SentencePiece's kind ${kind}, and Gemma's is ${bpe}, BPE`)
  if (addsPrefix) throw refuse(`${where} puts a space before every text, which Gemma's tokenizer does not`)
  checkPieces(pieces, where, refuse)
  return { pieces, scores, types }
}

function readPiece(bytes: Uint8Array, damaged: () => Error) {
  let piece = ""
  let score = 0
  let type: number = PieceType.normal
  for (const { number, value } of fieldsOf(bytes, damaged)) {
    if (number === 1 && value instanceof Uint8Array) piece = textOf(value, damaged)
    else if (number === 2 && value instanceof Uint8Array && value.length === 4)
      score = viewOf(value).getFloat32(0, true)
    else if (number === 3 && typeof value === "number") type = value
  }
  return { piece, score, type }
}

function textOf(bytes: Uint8Array, damaged: () => Error): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw damaged()
  }
}

function numberIn(message: Uint8Array, wanted: number, otherwise: number, damaged: () => Error): number {
  let found = otherwise
  for (const { number, value } of fieldsOf(message, damaged)) {
    if (number === wanted && typeof value === "number") found = value
  }
  return found
}

interface Field {
  readonly number: number
  /** A number of variable length; else the bytes. */
  readonly value: number | Uint8Array
}

const viewOf = ({ buffer, byteLength, byteOffset }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

function* fieldsOf(bytes: Uint8Array, damaged: () => Error): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) throw damaged()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw damaged()
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw damaged()
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const wire = tag % 8
    if (wire === 0) yield { number, value: varint() }
    else if (wire === 1) yield { number, value: take(8) }
    else if (wire === 2) yield { number, value: take(varint()) }
    else if (wire === 5) yield { number, value: take(4) }
    else throw damaged()
  }
}
