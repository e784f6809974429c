import type { Input } from '../input.ts'
import { type Answer, type ApiError, encode, notModelled, type WireReply, type WireRequest } from '../wire.ts'
import type { World } from '../world.ts'
import { createBucket, headBucket } from './buckets.ts'
import { readContent } from './content.ts'
import { abortUpload, completeUpload, createUpload, uploadPart } from './multipart.ts'
import { getObject, headObject, putObject } from './objects.ts'
import { escapeXml } from './xml.ts'

export type S3Call = {
  readonly operation: string
  readonly input: Input
  readonly run: (world: World) => Answer
}

type Run = (world: World, input: Input) => Answer

/** Reads a path-style call; what it is follows from its method, its path and its query. */
export function readS3Call(request: WireRequest): S3Call {
  const url = new URL(request.path, 'http://sandbox')
  const [, bucket = '', ...rest] = url.pathname.split('/')
  const key = rest.map(decodeURIComponent).join('/')
  const found = operationOf(request.method, key, url.searchParams)
  if (!found) {
    const refuse = () => {
      throw notModelled(`S3's ${request.method} ${request.path}`)
    }
    return { operation: `${request.method} ${url.pathname}`, input: {}, run: refuse }
  }
  const [operation, run] = found
  const input = { Bucket: decodeURIComponent(bucket), ...(key && { Key: key }), ...membersOf(operation, request, url) }
  return { operation, input, run: world => run(world, input) }
}

function operationOf(method: string, key: string, query: URLSearchParams): readonly [string, Run] | undefined {
  if (key === '') {
    const strange = [...query.keys()].some(name => name !== 'x-id')
    if (strange) return undefined
    if (method === 'PUT') return ['CreateBucket', createBucket]
    return method === 'HEAD' ? ['HeadBucket', headBucket] : undefined
  }
  const upload = query.has('uploadId')
  switch (method) {
    case 'PUT':
      if (upload) return ['UploadPart', uploadPart]
      return ['PutObject', putObject]
    case 'POST':
      if (query.has('uploads')) return ['CreateMultipartUpload', createUpload]
      return upload ? ['CompleteMultipartUpload', completeUpload] : undefined
    case 'DELETE':
      return upload ? ['AbortMultipartUpload', abortUpload] : undefined
    case 'GET':
      return upload ? undefined : ['GetObject', getObject]
    case 'HEAD':
      return ['HeadObject', headObject]
  }
  return undefined
}

const inQuery: Readonly<Record<string, string>> = {
  versionId: 'VersionId',
  uploadId: 'UploadId',
  partNumber: 'PartNumber',
}

function membersOf(operation: string, request: WireRequest, url: URL): Input {
  const query = [...url.searchParams].flatMap(([name, value]) => (inQuery[name] ? [[inQuery[name], value]] : []))
  const ifNoneMatch = request.headers['if-none-match']
  const checksum = request.headers['x-amz-checksum-crc32']
  return {
    ...Object.fromEntries(query),
    ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
    ...(checksum !== undefined && { ChecksumCRC32: checksum }),
    ...(['PutObject', 'UploadPart', 'CompleteMultipartUpload'].includes(operation) && { Body: readContent(request) }),
  }
}

/** S3's answer on the wire: XML, bytes, or headers alone. */
export function writeS3Answer(answer: Answer, requestId: string): WireReply {
  const type = typeof answer.body === 'string' ? { 'content-type': 'application/xml' } : {}
  return {
    status: answer.status ?? 200,
    headers: { ...type, 'x-amz-request-id': requestId, ...answer.headers },
    body: encode(answer.body),
  }
}

/** S3's error on the wire, in XML; to a HEAD the server sends no body. */
export function writeS3Error(error: ApiError, requestId: string): WireReply {
  const members = { Code: error.name, Message: error.message, ...error.body, RequestId: requestId }
  const inner = Object.entries(members).filter(([name]) => name !== 'message')
  const xml = inner.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`).join('')
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId, ...error.headers },
    body: encode(`<?xml version="1.0" encoding="UTF-8"?>\n<Error>${xml}</Error>`),
  }
}
