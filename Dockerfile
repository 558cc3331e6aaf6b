# docker build -t rollbackd .
# A base of your own needs Node 24 and npm; git, ssh and CA certificates are added where they are missing.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
COPY tools/runtime/package.json tools/runtime/
# A registry behind a private CA, or with a login:
#   docker build --secret id=npm_ca,src=ca.pem --secret id=npmrc,src=$HOME/.npmrc .
RUN --mount=type=secret,id=npm_ca,mode=0444 \
    --mount=type=secret,id=npmrc,target=/root/.npmrc \
    --mount=type=cache,target=/root/.npm \
    if [ -s /run/secrets/npm_ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/npm_ca; fi; \
    npm ci --no-audit --no-fund
COPY . .
RUN npm run -s build

FROM ${BASE}
RUN if ! command -v git >/dev/null || ! command -v ssh >/dev/null || ! [ -e /etc/ssl/certs/ca-certificates.crt ]; then \
      apt-get update \
      && apt-get install -y --no-install-recommends git openssh-client ca-certificates \
      && rm -rf /var/lib/apt/lists/*; \
    fi
# The owner of the work tree that it moves: --build-arg UID=$(id -u) --build-arg GID=$(id -g).
# ssh wants a user with a name, so one is made where the base has none with this number.
ARG UID=1000
ARG GID=1000
RUN [ "$UID" != 0 ] || { echo 'rollbackd does not run as root: choose another UID' >&2; exit 1; }; \
    grep -q "^[^:]*:[^:]*:$UID:" /etc/passwd \
      || echo "rollbackd:x:$UID:$GID::/var/lib/rollbackd:/bin/false" >> /etc/passwd; \
    mkdir -p /var/lib/rollbackd /etc/rollbackd /usr/local/bin && chown "$UID:$GID" /var/lib/rollbackd \
      && ln -s /app/bin/rollbackd.js /usr/local/bin/rollbackd
WORKDIR /app
COPY package.json LICENSE ./
COPY bin bin
COPY rules rules
COPY schema schema
COPY --from=build /src/dist dist
ENV NODE_ENV=production \
    ROLLBACKD_CONFIG=/etc/rollbackd/rollbackd.yaml \
    ROLLBACKD_URL=http://127.0.0.1:8790
USER ${UID}:${GID}
# The state: who was told, what was rolled back, what is quarantined. Keep it, and back it up.
VOLUME /var/lib/rollbackd
EXPOSE 8790
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`${process.env.ROLLBACKD_URL}/-/healthy`, { signal: AbortSignal.timeout(4000) }).then((reply) => process.exit(reply.ok ? 0 : 1), () => process.exit(1))"]
# docker exec CONTAINER rollbackd status
ENTRYPOINT ["rollbackd"]
CMD ["serve"]
