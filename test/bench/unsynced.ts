import { DatabaseSync } from 'node:sqlite'

/** Loaded before the service, to show what syncing costs; the service itself has no option for this. */
const { exec } = DatabaseSync.prototype
DatabaseSync.prototype.exec = function execUnsynced(sql: string) {
  exec.call(this, sql.replace('synchronous = FULL', 'synchronous = OFF'))
}
