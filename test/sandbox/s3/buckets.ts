import { type Input, text } from '../input.ts'
import { type Answer, ApiError } from '../wire.ts'
import type { World } from '../world.ts'
import type { Bucket } from './state.ts'

/** CreateBucket: versioned from the start. */
export function createBucket(world: World, input: Input): Answer {
  const name = text(input, 'Bucket') ?? ''
  if (world.s3.buckets.has(name)) {
    const message = 'Your previous request to create the named bucket succeeded and you already own it.'
    throw new ApiError(409, 'BucketAlreadyOwnedByYou', { message })
  }
  world.s3.buckets.set(name, { objects: new Map(), uploads: new Map() })
  return { headers: { location: `/${name}` } }
}

/** HeadBucket: tells the region. */
export function headBucket(world: World, input: Input): Answer {
  bucketOr404(world, input)
  return { headers: { 'x-amz-bucket-region': world.region } }
}

/** The bucket that a call names; NoSuchBucket where there is none. */
export function bucketOr404(world: World, input: Input): Bucket {
  const bucket = world.s3.buckets.get(text(input, 'Bucket') ?? '')
  if (!bucket) throw new ApiError(404, 'NoSuchBucket', { message: 'The specified bucket does not exist' })
  return bucket
}
