import { createServer } from 'node:http'
import { listen } from './listen.ts'

/** A collector of traces that reads what it gets, and keeps nothing. */
listen(
  createServer((request, response) => {
    request
      .resume()
      .on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  }),
)
