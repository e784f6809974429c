import { parseArgs } from 'node:util'
import { startSandbox } from './sandbox.ts'

/** `npm run sandbox`: an embedded AWS on a port of loopback, until it is interrupted. */
const { values } = parseArgs({ options: { port: { type: 'string' } } })
const port = Number(values.port ?? process.env.PORT ?? 4599)
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  throw new Error(`--port must be a number from 0 to 65535, for example 4599, not ${values.port ?? process.env.PORT}`)
}

const sandbox = await startSandbox({ port }).catch((error: unknown) => {
  const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  if (!isTaken) throw error
  console.error(`Port ${port} is taken; choose another, for example \`npm run sandbox -- --port ${port + 1}\``)
  process.exit(1)
})
console.log(`An embedded AWS (Lambda, CloudWatch and its Logs, S3, STS, Scheduler) listens on ${sandbox.endpoint}. Point the AWS CLI or an SDK at it:

export AWS_ENDPOINT_URL=${sandbox.endpoint}
export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1
export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox

It is a stand-in: what it does not model it refuses. Everything in it is gone when it ends (Ctrl-C).`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void sandbox.close()
  })
}
