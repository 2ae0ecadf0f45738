# Quorate as a container image: production dependencies and sources, run by Node as they are. No compiler, no build step.
#
#   docker build --tag quorate .
#   docker run --read-only --tmpfs /tmp --user 1000:1000 --volume "$PWD/operator-1:/operator" quorate run ...

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
# Compiled code is kept between starts, in the one folder that is writable: a quicker start and less memory.
ENV NODE_COMPILE_CACHE=/operator/.compile-cache
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY openapi ./openapi
COPY src ./src
# The image's own user, uid 1000: it owns nothing under /app, so that the program cannot change itself.
USER node
# The one folder that must be writable and must survive: databases and the network identity.
VOLUME /operator
# Clients, metrics, peers.
EXPOSE 9000 9001 16000
# Alive, not ready: whether it can sign is told by /healthcheck and the metrics. No curl in the image.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.QUORATE_METRICS_PORT || 9001}/metrics`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/src/main.ts"]
CMD ["--help"]
