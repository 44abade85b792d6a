import { accessSync, constants, readFileSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'

const memory = '/dev/shm'
/** The tests need up to 2 GB; the rest is so that they never fill it, nor the machine's memory. */
const neededBytes = 6 * 1024 ** 3

/**
 * Loaded before all tests: their files are in memory where there is enough of it. They make hundreds of databases, and
 * each has 300 files. Parallel workers inherit the variable. No test can see a difference: a killed process loses
 * nothing that it has written, on a disk or in memory, and no test cuts the power.
 */
if (!process.env.TMPDIR && isThereEnough()) process.env.TMPDIR = memory

function isThereEnough(): boolean {
  try {
    accessSync(memory, constants.W_OK)
    const { bavail, bsize } = statfsSync(memory)
    return Math.min(bavail * bsize, freemem()) > neededBytes && mayRunPrograms()
  } catch {
    return false
  }
}

/** Some tests put programs among their files. */
function mayRunPrograms(): boolean {
  const [, options = ''] = / \/dev\/shm tmpfs (\S+)/.exec(readFileSync('/proc/mounts', 'utf8')) ?? []
  return options !== '' && !options.split(',').includes('noexec')
}
