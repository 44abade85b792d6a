import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

/**
 * Loaded before all tests: keeps compiled code between processes. The tests start hundreds of them, and each would spend
 * half of its CPU time on compiling the same files. Parallel workers and child processes (`processEnv`) inherit the
 * variable. Off while coverage is measured, since it makes that less exact.
 */
if (!process.env.NODE_V8_COVERAGE) {
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../../.cache/compiled')
  enableCompileCache(process.env.NODE_COMPILE_CACHE)
}
