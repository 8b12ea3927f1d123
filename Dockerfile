# syntax=docker/dockerfile:1
# The server as an image of its own.
#
#   docker build -t cruddur .                        for an outside database: CONNECTION_URL
#   docker build -t cruddur-demo --target embedded . with PostgreSQL's programs and demo data
#
# No secret belongs in here: settings are given when a container is started.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# All dependencies, from the manifest and stub sources: a layer that is built again only when
# Cargo.toml or Cargo.lock change. Stubs, and no cargo-chef: one package needs no recipe, and
# compiling the tool takes longer than it saves.
COPY Cargo.toml Cargo.lock ./
COPY crates crates
RUN mkdir -p src/bin \
    && echo 'fn main() {}' >src/main.rs \
    && cp src/main.rs src/bin/post_confirmation.rs \
    && touch src/lib.rs \
    && cargo build --release --locked --bin cruddur \
    && rm -r src
# build.rs comes only now: it watches the folders that follow.
COPY build.rs ./
COPY migrations migrations
COPY seeds seeds
COPY src src
# The copied files may be older than the stubs were: cargo looks at the time.
RUN touch src/lib.rs src/main.rs \
    && cargo build --release --locked --bin cruddur

FROM debian:bookworm-slim AS runtime
# A number, so that an orchestrator can see that it is not root; a name, because initdb asks
# for one.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 cruddur \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/cruddur --shell /usr/sbin/nologin cruddur \
    && install --directory --owner=cruddur --group=cruddur --mode=0700 /var/lib/cruddur
ENV BIND=0.0.0.0 \
    CRUDDUR_DATA_DIR=/var/lib/cruddur
EXPOSE 4567
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["cruddur", "healthcheck"]
ENTRYPOINT ["cruddur"]
CMD ["serve"]

FROM runtime AS embedded
# postgresql-common comes first and is told to make no database of its own. One version, named:
# a data directory belongs to one.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-common \
    && mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/no-main-cluster.conf \
    && apt-get install -y --no-install-recommends postgresql-15 \
    && rm -rf /var/lib/apt/lists/*
VOLUME /var/lib/cruddur
COPY --from=build /build/target/release/cruddur /usr/local/bin/cruddur
USER 10001:10001

# The last one is what a plain 'docker build' makes.
FROM runtime AS server
COPY --from=build /build/target/release/cruddur /usr/local/bin/cruddur
USER 10001:10001
