import { parentPort } from 'node:worker_threads'
import { Compressor, type Part } from './compress.ts'

// What a thread of `Threads` does from its first moment to its last.
const compressor = new Compressor()
parentPort?.on('message', (part: Part) => {
  const compressed = compressor.compress(part)
  const memory = compressed.kind === 'compressed' ? compressed.pieces.map(({ buffer }) => buffer) : []
  parentPort?.postMessage(compressed, memory)
})
