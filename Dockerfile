# syntax=docker/dockerfile:1
# Three images from one file: `docker build --target ingress .`, and likewise `worker` and `webhooks`.
# The sandbox and the tests are in neither.

FROM node:20-bookworm-slim AS base
WORKDIR /app
# No dependency needs its install scripts, and one would report home with it.
ENV npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_ignore_scripts=true

# What npm needs to know of every workspace; the layer below changes only when a dependency does.
FROM base AS manifests
COPY package.json package-lock.json ./
COPY packages/contracts/package.json packages/contracts/
COPY packages/guard/package.json packages/guard/
COPY packages/media/package.json packages/media/
COPY packages/queue/package.json packages/queue/
COPY packages/runtime/package.json packages/runtime/
COPY packages/store/package.json packages/store/
COPY packages/testing/package.json packages/testing/
COPY packages/whatsapp/package.json packages/whatsapp/
COPY apps/ingress/package.json apps/ingress/
COPY apps/sandbox/package.json apps/sandbox/
COPY apps/webhooks/package.json apps/webhooks/
COPY apps/worker/package.json apps/worker/

FROM manifests AS build
RUN npm ci --include=dev
COPY tsconfig.base.json ./
COPY packages packages
COPY apps apps
RUN npx tsc -b apps/ingress apps/worker apps/webhooks

FROM manifests AS ingress-dependencies
RUN npm ci --omit=dev --workspace=@pombo/ingress --include-workspace-root=false \
  && cd node_modules/swagger-ui-dist \
  && find . -name '*.map' -delete -o -name 'swagger-ui-es-bundle*' -delete

FROM manifests AS worker-dependencies
RUN npm ci --omit=dev --workspace=@pombo/worker --include-workspace-root=false

FROM manifests AS webhooks-dependencies
RUN npm ci --omit=dev --workspace=@pombo/webhooks --include-workspace-root=false

FROM base AS run
ENV NODE_ENV=production MEDIA_DIR=/data/media
RUN mkdir -p /data/media && chown -R node:node /data
VOLUME /data/media
COPY package.json LICENSE ./
USER node

FROM run AS ingress
COPY --from=ingress-dependencies /app/node_modules node_modules
COPY --from=ingress-dependencies /app/packages packages
COPY --from=ingress-dependencies /app/apps/ingress apps/ingress
COPY --from=build /app/packages/contracts/dist packages/contracts/dist
COPY --from=build /app/packages/guard/dist packages/guard/dist
COPY --from=build /app/packages/media/dist packages/media/dist
COPY --from=build /app/packages/queue/dist packages/queue/dist
COPY --from=build /app/packages/runtime/dist packages/runtime/dist
COPY --from=build /app/packages/store/dist packages/store/dist
COPY --from=build /app/apps/ingress/dist apps/ingress/dist
COPY apps/ingress/docs-page apps/ingress/docs-page
# docker compose exec ingress node scripts/admin.mjs
COPY scripts/admin.mjs scripts/
COPY scripts/lib scripts/lib
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/ingress/dist/main.js"]

FROM run AS worker
# Optional: without it videos have no thumbnail, and voice notes must be Ogg/Opus already.
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*
USER node
COPY --from=worker-dependencies /app/node_modules node_modules
COPY --from=worker-dependencies /app/packages packages
COPY --from=worker-dependencies /app/apps/worker apps/worker
COPY --from=build /app/packages/contracts/dist packages/contracts/dist
COPY --from=build /app/packages/guard/dist packages/guard/dist
COPY --from=build /app/packages/media/dist packages/media/dist
COPY --from=build /app/packages/queue/dist packages/queue/dist
COPY --from=build /app/packages/runtime/dist packages/runtime/dist
COPY --from=build /app/packages/store/dist packages/store/dist
COPY --from=build /app/packages/whatsapp/dist packages/whatsapp/dist
COPY --from=build /app/apps/worker/dist apps/worker/dist
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.WORKER_PORT || 3001) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/worker/dist/main.js"]

FROM run AS webhooks
COPY --from=webhooks-dependencies /app/node_modules node_modules
COPY --from=webhooks-dependencies /app/packages packages
COPY --from=webhooks-dependencies /app/apps/webhooks apps/webhooks
COPY --from=build /app/packages/contracts/dist packages/contracts/dist
COPY --from=build /app/packages/guard/dist packages/guard/dist
COPY --from=build /app/packages/queue/dist packages/queue/dist
COPY --from=build /app/packages/runtime/dist packages/runtime/dist
COPY --from=build /app/packages/store/dist packages/store/dist
COPY --from=build /app/apps/webhooks/dist apps/webhooks/dist
EXPOSE 3002
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.WEBHOOK_PORT || 3002) + '/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/webhooks/dist/main.js"]
