/** Something that ends a run before any traffic moves; the message is one sentence: what, why, what to do. */
export class Failure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
  }
}

/** The workflow was cancelled while the run waited. */
export class Cancelled extends Failure {
  constructor(meanwhile: string) {
    super(`the workflow was cancelled while ${meanwhile}`)
    this.name = 'Cancelled'
  }
}
