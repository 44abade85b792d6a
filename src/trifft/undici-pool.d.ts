/** The pool by itself: the package's index loads its own fetch, WebSocket and mocks too, a tenth of the service's start. */
declare module 'undici/lib/dispatcher/pool.js' {
  export { Pool as default } from 'undici'
}
