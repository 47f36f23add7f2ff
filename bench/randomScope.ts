/** A folder of autoencoders of Gemma Scope's kind over random numbers: one file, linked under every layer. */
import { link, mkdir, open, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { madeOnce } from "./peers/madeOnce.ts"

const recipe = "scope 1"

/** Values that are drawn once and repeated. */
const patternLength = 1_048_573

/**
 * Writes one autoencoder for the residual stream of each layer, unless they are there.
 *
 * @returns the folder's path
 */
export async function randomScope(
  root: string,
  { layers, model, width }: { readonly layers: number; readonly model: number; readonly width: number },
): Promise<string> {
  const folder = join(root, `scope-${model}-${width}`)
  const first = join(folder, "params-of-all.bin")
  await mkdir(folder, { recursive: true })
  await madeOnce(first, `${recipe} ${model} ${width}`, (path) => writeNpz(path, model, width))
  for (let layer = 0; layer < layers; layer++) {
    const path = join(folder, "resid_post", `layer_${layer}`, `width_${Math.round(width / 1024)}k`, "average_l0_100")
    await mkdir(path, { recursive: true })
    await rm(join(path, "params.npz"), { force: true })
    await link(first, join(path, "params.npz"))
  }
  return folder
}

async function writeNpz(path: string, model: number, width: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const noise = new Float32Array(patternLength)
  let state = 1
  for (let i = 0; i < noise.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    noise[i] = (state / 2 ** 31 - 1) / Math.sqrt(model)
  }
  // Of a trained one about a hundred features of 16,384 pass their thresholds.
  const arrays = [
    { name: "W_enc", shape: [model, width], values: noise },
    { name: "W_dec", shape: [width, model], values: noise },
    { name: "b_enc", shape: [width], values: noise },
    { name: "b_dec", shape: [model], values: noise },
    { name: "threshold", shape: [width], values: Float32Array.of(3) },
  ]
  await using file = await open(path, "w")
  const directory: Array<Buffer> = []
  let at = 0
  for (const { name, shape, values } of arrays) {
    const header = npyHeader(shape)
    const count = shape.reduce((product, extent) => product * extent, 1)
    const entry = zipEntry(`${name}.npy`, header.length + 4 * count)
    directory.push(entry.central(at))
    await file.write(entry.local)
    await file.write(header)
    const bytes = new Uint8Array((values.length === 1 ? new Float32Array(count).fill(values[0]!) : values).buffer)
    for (let left = 4 * count; left > 0; left -= bytes.length) await file.write(bytes.subarray(0, left))
    at += entry.local.length + header.length + 4 * count
  }
  const central = Buffer.concat(directory)
  await file.write(central)
  await file.write(endOf(arrays.length, central.length, at))
}

/** NumPy's format, version 1.0: magic, version, length of the header, the header, padded to 64 bytes. */
function npyHeader(shape: ReadonlyArray<number>): Buffer {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8])
  return Buffer.concat([head, Buffer.from(`${dictionary.padEnd(length - 1)}\n`, "latin1")])
}

/** A stored file of a zip archive (APPNOTE.TXT 4.3): nobody who reads a speed checks its sum. */
function zipEntry(name: string, size: number) {
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt32LE(size, 14)
  common.writeUInt32LE(size, 18)
  common.writeUInt16LE(name.length, 22)
  const signature = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    return bytes
  }
  return {
    local: Buffer.concat([signature(0x04034b50), common, Buffer.from(name)]),
    central: (offset: number): Buffer => {
      const rest = Buffer.alloc(14)
      rest.writeUInt32LE(offset, 10)
      const made = Buffer.from([20, 0])
      return Buffer.concat([signature(0x02014b50), made, common, rest, Buffer.from(name)])
    },
  }
}

function endOf(entries: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(entries, 8)
  end.writeUInt16LE(entries, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return end
}
