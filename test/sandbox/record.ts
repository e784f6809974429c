export type ServiceName = 'lambda' | 'cloudwatch' | 's3' | 'logs' | 'scheduler' | 'sts'

/** One request, as the log keeps it. */
export type RequestRecord = {
  readonly seq: number
  /** The sandbox's time when it came, in ms. */
  readonly at: number
  readonly service: ServiceName | 'GitHub'
  readonly operation: string
  /** Decoded, with path, query and header members; blobs as `<N bytes sha256:…>`. */
  readonly input: unknown
  /** `none` where the connection was lost before an answer, or none was given yet. */
  readonly status: number | 'none'
  /** The name of the error that was answered. */
  readonly error?: string
  /** What a policy did not allow, where one is enforced and that is why it was denied. */
  readonly missing?: { readonly action: string; readonly resource: string }
  /** The kind of the fault that befell it. */
  readonly fault?: string
  /** The `x-sequence` header, where the caller numbers its requests. */
  readonly sequence?: number
}
