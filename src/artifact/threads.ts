import { Worker } from 'node:worker_threads'
import type { Compressed, Compressing, Part } from './compress.ts'

/** So many parts wait at a thread, besides the one that it is at: it need not wait for us then. */
const mostWaiting = 2

const bytesAheadEach = 6 * 1024 * 1024

type Asked = { readonly resolve: (compressed: Compressed) => void; readonly reject: (error: Error) => void }

type Thread = { readonly worker: Worker; readonly asked: Asked[] }

/** Threads that compress side by side. `entry` is the file that they run, which must load `thread.ts`. */
export class Threads implements Compressing {
  readonly bytesAhead: number
  readonly #threads: readonly Thread[]
  readonly #waiting: { readonly part: Part; readonly asked: Asked }[] = []

  constructor(entry: URL, count: number) {
    this.bytesAhead = count * bytesAheadEach
    this.#threads = Array.from({ length: count }, () => this.#start(entry))
  }

  compress(part: Part): Promise<Compressed> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ part, asked: { resolve, reject } })
      this.#hand()
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #start(entry: URL): Thread {
    const thread: Thread = { worker: new Worker(entry), asked: [] }
    thread.worker.on('message', (compressed: Compressed) => {
      thread.asked.shift()?.resolve(compressed)
      this.#hand()
    })
    thread.worker.on('error', error => {
      for (const { reject } of thread.asked.splice(0)) reject(error)
    })
    return thread
  }

  /** Gives what waits to whoever has least to do. */
  #hand(): void {
    for (;;) {
      const [least] = this.#threads.toSorted((a, b) => a.asked.length - b.asked.length)
      if (least === undefined || least.asked.length > mostWaiting) return
      const next = this.#waiting.shift()
      if (next === undefined) return
      least.asked.push(next.asked)
      least.worker.postMessage(next.part)
    }
  }
}
