# docker build -t tuneloom .                        the compiled engine alone
# docker build -t tuneloom --target tensorflow .    with the engine tensorflow, on the CPU
# docker build -t tuneloom --target gpu .           with CUDA's libraries; run it with --gpus all -e DEVICES=cuda:0
# Another base with Node: --build-arg BASE=…
ARG BASE=node:22-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
# better-sqlite3 is compiled where its prebuilt binary cannot be fetched.
RUN if command -v apt-get >/dev/null; then apt-get update && apt-get install -y --no-install-recommends python3 make g++ && rm -rf /var/lib/apt/lists/*; fi
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build

FROM build AS production
RUN npm prune --omit=dev

FROM ${BASE} AS service
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
COPY --from=production /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/openapi openapi
COPY --from=build /app/package.json ./
RUN mkdir -p /data && chown 1000:1000 /data
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

# What building the addon takes; Python and the compiler stay behind.
FROM build AS setup
RUN if command -v apt-get >/dev/null; then apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*; fi
ENV TENSORFLOW_DIR=/opt/tensorflow

FROM setup AS tensorflow-build
RUN npm run setup:tensorflow

FROM setup AS gpu-build
RUN npm run setup:tensorflow -- --gpu

FROM service AS tensorflow
ENV TENSORFLOW_DIR=/opt/tensorflow
COPY --from=tensorflow-build /opt/tensorflow /opt/tensorflow

# NVIDIA's driver comes from the host, by its container toolkit. Not run on a GPU yet.
FROM service AS gpu
ENV TENSORFLOW_DIR=/opt/tensorflow NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=gpu-build /opt/tensorflow /opt/tensorflow

FROM service
