import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Loaded with `node --import` ahead of a bundle: writes the address of each file that is loaded into the file LOADS. */
const { LOADS } = process.env
if (!LOADS) throw new Error('LOADS is not set: it names the file to write to')
const file = LOADS

registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) appendFileSync(file, `${url}\n`)
    return nextLoad(url, context)
  },
})
