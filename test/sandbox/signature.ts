import type { WireRequest } from './wire.ts'

/** What a signature says of itself. The sandbox reads it and never checks it. */
export type Signature = { readonly accessKeyId: string; readonly region: string; readonly service: string }

const credential = /Credential=(?<accessKeyId>[^/,\s]+)\/\d{8}\/(?<region>[^/,\s]+)\/(?<service>[^/,\s]+)\/aws4_request/

/** Whose key signed a request, and for which service; undefined where nobody did. */
export function signatureOf({ headers }: WireRequest): Signature | undefined {
  const { accessKeyId, region, service } = credential.exec(headers.authorization ?? '')?.groups ?? {}
  if (accessKeyId === undefined || region === undefined || service === undefined) return undefined
  return { accessKeyId, region, service }
}
