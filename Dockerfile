# Tags can be moved. A release pins digests, of bases whose signatures were checked:
#   docker build --build-arg NODE_IMAGE=node:24.21.0-trixie-slim@sha256:… \
#     --build-arg BASE_IMAGE=gcr.io/distroless/cc-debian13:nonroot@sha256:… \
#     --build-arg VERSION=… --build-arg REVISION=… --build-arg CREATED=… .
ARG NODE_IMAGE=node:24.21.0-trixie-slim
ARG BASE_IMAGE=gcr.io/distroless/cc-debian13:nonroot

FROM ${NODE_IMAGE} AS official

# What runs in production. The optional packages are one more Node, for machines without, and PostgreSQL for tests.
FROM official AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional
# Node loads neither TypeScript of a package nor its maps, and nothing here loads its tests: half of it all.
RUN find node_modules -depth -type d \( -name test -o -name tests -o -name specs \) -exec rm -r {} + \
  && find node_modules -type f \( -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' \
    -o -name 'test.js' -o -name 'tests.js' -o -name '*.test.js' \) -delete

FROM official AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=optional
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
# The final stage has no shell that could make it.
RUN install -d -m 700 /journal

# What V8 makes of the sources is kept, so that a start takes a third less: here the service starts and stops once.
# As the user who will read it, since Node looks in a folder of its user; for another user or a processor that can do
# other things it is just not there.
FROM dependencies AS compiled
COPY --from=build /app/dist /app/dist
RUN install -d -o 10001 /app/compiled /tmp/journal
# With a collector, which is not there: what traces need is kept too.
RUN HOST=127.0.0.1 PORT=0 MANAGEMENT_PORT=0 CORE_BASE_URL=http://127.0.0.1 \
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 JOURNAL_PATH=/tmp/journal/journal.sqlite \
  DRAIN_DELAY_MS=0 NODE_COMPILE_CACHE=/app/compiled NODE_OPTIONS="--enable-source-maps --max-semi-space-size=8 --v8-pool-size=1" \
  setpriv --reuid=10001 --regid=10001 --clear-groups node --input-type=module \
  --eval "await import('/app/dist/main.js'); setTimeout(() => process.kill(process.pid), 1000)"
# Whoever could write it could put in other code.
RUN chown -R root:root /app/compiled && chmod -R u=rwX,go=rX /app/compiled

# The libraries that Node links, and no shell, no npm, no package manager. Of the variants with Node inside no tag says
# which Node it is, and in them `node` is not on the PATH, where operators look for it.
FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="zonal-loyalty-adapter" \
  org.opencontainers.image.description="Stands between Zonal tills (Aztec, iZone Loyalty Plugin) and the TRIFFT loyalty platform" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.base.name="${BASE_IMAGE}"
COPY --from=official /usr/local/bin/node /usr/local/bin/node
COPY --from=build --chown=10001:10001 /journal /var/lib/zonal-loyalty-adapter
COPY --from=dependencies /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY --from=compiled /app/compiled /app/compiled
# What the console says about each alert.
COPY helm/runbooks /app/helm/runbooks
# Its version is what the service says of itself.
COPY package.json /app/
# Below the copies, so that /app is root's: what WORKDIR makes may be given to the user of the base.
WORKDIR /app
# NODE_OPTIONS: the stacks in the log name lines of src/, which costs nothing that could be measured; and what is young
# has 8 MB instead of 32, which saves some 50 MB for 4 % of the throughput. V8's helpers (garbage, compiling) are one
# thread instead of four, which on two cores took both at once from tills that wait. V8 keeps nothing for other options
# than these.
# MALLOC_ARENA_MAX: glibc keeps memory apart for each thread, which took some 20 MB more under attack (npm run attack).
# SQLITE_TMPDIR: on a read-only root a large statement finds no other place for what it spills.
ENV NODE_ENV=production \
  NODE_OPTIONS="--enable-source-maps --max-semi-space-size=8 --v8-pool-size=1" \
  MALLOC_ARENA_MAX=2 \
  NODE_COMPILE_CACHE=/app/compiled \
  JOURNAL_PATH=/var/lib/zonal-loyalty-adapter/journal.sqlite \
  SQLITE_TMPDIR=/var/lib/zonal-loyalty-adapter
# A number, since Kubernetes cannot see whether a name is root.
USER 10001:10001
# 8088: the console, if CONSOLE_PORT asks for it.
EXPOSE 8080 8088 9090
# No HEALTHCHECK: Kubernetes does not read it, and probes the management port.
# No shell around it: Node is process 1 and gets the signals itself.
CMD ["node", "dist/main.js"]
