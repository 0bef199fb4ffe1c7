# One image for proxy and dashboard. The base images are arguments, so that a mirror or a local copy can stand in.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${SDK_IMAGE} AS build
# npm fetches the dashboard's assets at build time.
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends nodejs npm \
 && rm -rf /var/lib/apt/lists/*
ENV DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
WORKDIR /source
# What restore needs comes first, so that a change of code alone does not fetch the packages again.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig package.json package-lock.json .npmrc ./
COPY Nexus.Web/Nexus.Web.csproj Nexus.Web/Assets.targets Nexus.Web/
RUN dotnet restore Nexus.Web --use-current-runtime -p:SelfContained=true
COPY appsettings.json ./
COPY migrations migrations
COPY wwwroot wwwroot
COPY Nexus.Web Nexus.Web
# Self-contained: the runtime image has no .NET of its own, and its PostgreSQL comes from Debian.
RUN dotnet publish Nexus.Web -c Release --use-current-runtime --self-contained -o /publish \
 && rm -f /publish/*.pdb

FROM ${RUNTIME_IMAGE}
COPY docker/install-packages.sh /tmp/
RUN sh /tmp/install-packages.sh && rm /tmp/install-packages.sh
COPY --from=build /publish /app
COPY docker/healthcheck docker/postgres-client /usr/local/bin/
# psql and its siblings stand before Debian's in PATH: libpq rejects DATABASE_URL's pool parameters.
RUN cd /usr/local/bin \
 && for program in psql pg_dump pg_dumpall pg_restore pg_isready createdb dropdb; do ln -s postgres-client "$program"; done \
 && ln -s /app/Nexus.Web nexus \
 && groupadd --gid 10001 app \
 && useradd --uid 10001 --gid app --home-dir /app --no-create-home --shell /bin/sh app \
 && install -d -o app -g app -m 0700 /app/data /app/credentials
# The collector's youngest generation, in hexadecimal bytes: 32 MiB instead of the 16 it takes by itself spare a tenth of the
# processor's time (measured by bench/run.sh --only cpu); it has no name in runtimeconfig.json.
# PG* and DB_HOST: what psql, pg_dump and pg_isready reach when they are told nothing is the private server.
ENV DOTNET_GCgen0size=2000000 \
    DATA_DIR=/app/data \
    CREDENTIALS_DIR=/app/credentials \
    PRIVATE_POSTGRES_PORT=5432 \
    PGHOST=127.0.0.1 PGPORT=5432 PGUSER=postgres PGDATABASE=claude_proxy PGPASSFILE=/app/data/postgres/pgpass \
    DB_HOST=127.0.0.1 \
    PSQL_HISTORY=/tmp/.psql_history
WORKDIR /app
USER app
VOLUME ["/app/data", "/app/credentials"]
EXPOSE 3000 3001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=8s --start-period=60s --retries=3 CMD ["healthcheck"]
ENTRYPOINT ["/usr/bin/tini", "--", "nexus"]
