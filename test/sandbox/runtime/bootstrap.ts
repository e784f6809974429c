/** The process that a version's handler runs in: loads it once, then answers one event after the other. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

type Handler = (event: unknown, context: object, callback: (error: unknown, result?: unknown) => void) => unknown
type Request = { readonly payload: unknown; readonly context: { readonly deadlineMs: number } }

const [directory = '.', handlerName = ''] = process.argv.slice(2)
const loaded = load()

process.on('message', (request: Request) => {
  void answer(request)
})

process.on('disconnect', () => process.exit())

async function load(): Promise<Handler> {
  const dot = handlerName.lastIndexOf('.')
  const [module, name] = [handlerName.slice(0, dot), handlerName.slice(dot + 1)]
  const file = ['.js', '.mjs', '.cjs'].map(extension => join(directory, module + extension)).find(existsSync)
  if (!file) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${module}'`)
  const exported = await import(pathToFileURL(file).href)
  const handler = exported[name] ?? exported.default?.[name]
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${handlerName} is undefined or not exported`)
  }
  return handler
}

async function answer({ payload, context }: Request): Promise<void> {
  try {
    const result = await call(await loaded, payload, {
      ...context,
      getRemainingTimeInMillis: () => context.deadlineMs - Date.now(),
    })
    process.send?.({ kind: 'success', payload: JSON.stringify(result ?? null) })
  } catch (error) {
    process.send?.({ kind: 'error', payload: JSON.stringify(describe(error)) })
  }
}

/** A handler answers by its promise or by the callback. */
function call(handler: Handler, event: unknown, context: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const returned = handler(event, context, (error, result) => (error ? reject(error) : resolve(result)))
    if (returned instanceof Promise) returned.then(resolve, reject)
    else if (handler.length < 3) resolve(returned)
  })
}

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] }
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
