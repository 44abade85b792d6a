import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { holdPort } from '../../support/held-ports.ts'
import { end, endWithThisProcess, type Program } from '../processes.ts'

export const hasNginx = spawnSync('nginx', ['-v']).error === undefined

/**
 * A plain reverse proxy that sends each request on to the core as one read of a card: the minimum cost of any proxy.
 */
export async function startNginx(
  coreUrl: string,
  folder: string,
): Promise<Pick<Program, 'pid' | 'url' | 'stop'>> {
  // nginx does not say which port it got for port 0.
  const { port, release } = await holdPort()
  const { host, pathname } = new URL(coreUrl)
  const configFile = join(folder, 'nginx.conf')
  writeFileSync(
    configFile,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr crit;
     events { worker_connections 4096; }
     http {
       access_log off;
       client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
       uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
       keepalive_requests 100000000;
       upstream core { server ${host}; keepalive 64; keepalive_requests 100000000; }
       server {
         listen 127.0.0.1:${port};
         location / {
           proxy_method GET; proxy_pass_request_body off; proxy_set_header Content-Length "";
           proxy_http_version 1.1; proxy_set_header Connection "";
           proxy_pass http://core${pathname}/card/CARD1;
         }
       }
     }`,
  )
  const child = spawn('nginx', ['-p', folder, '-c', configFile], { stdio: 'inherit' })
  endWithThisProcess(child)
  const url = `http://127.0.0.1:${port}`
  while (!(await fetch(url).catch(() => undefined))?.ok) await pause(20)
  return {
    pid: child.pid ?? 0,
    url,
    async stop() {
      await end(child)
      release()
    },
  }
}
