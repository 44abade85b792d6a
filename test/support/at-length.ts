/** Whether random tests run for as long as CI has time. Else they are short, so that `npm test` takes a few minutes. */
export const isAtLength = Boolean(process.env.CI)
