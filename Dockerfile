# The service, built with TLS for PostgreSQL; runs as a user without rights.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends build-essential pkg-config libssl-dev curl valgrind \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY migrations migrations
COPY packs packs
COPY assets assets
COPY docs docs
COPY benches benches
COPY tests tests
COPY deploy deploy
RUN deploy/release.sh --features tls

FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends libssl3 ca-certificates && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/greenzone greenzone
COPY --from=build /src/target/ordered/greenzone /usr/local/bin/greenzone
USER greenzone
WORKDIR /var/lib/greenzone
ENV GREENZONE_ADDR=0.0.0.0:8080 GREENZONE_METRICS_ADDR=0.0.0.0:9464
# freed memory goes back at once, also while nobody asks for anything
ENV MIMALLOC_PURGE_DELAY=0
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["greenzone"]
CMD ["serve"]
