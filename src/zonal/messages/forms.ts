import { hasMore } from './has-more.ts'

export const formType = 'application/x-www-form-urlencoded'

export function isForm(mediaType: string): boolean {
  return mediaType === formType
}

/** A form holds a message in one of its fields, or has a field for each of some dozens of values. */
export const maxFormFields = 64

export function isLongForm(text: string): boolean {
  return hasMore(text, '&', maxFormFields - 1)
}
