# The agent's image: docker build -t sockwatch .
# Another mirror's base images, or stand-ins: --build-arg BUILD_IMAGE=... --build-arg RUNTIME_IMAGE=...
ARG BUILD_IMAGE=debian:12
ARG RUNTIME_IMAGE=debian:12-slim

FROM ${BUILD_IMAGE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /sockwatch
COPY scripts/packages.sh scripts/
RUN . scripts/packages.sh \
 && install_missing "to build sockwatch" "${BUILD_PACKAGES[@]}" \
 && install_missing "to make its package" dpkg-dev file
COPY CMakeLists.txt LICENSE README.md ./
COPY bpf bpf
COPY cmake cmake
COPY config config
COPY dashboards dashboards
COPY docs docs
COPY packaging packaging
COPY userspace userspace
# The Debian package brings what it needs to run, by the libraries that it is linked with.
RUN cmake -G Ninja -B build -S . -DSOCKWATCH_BUILD_TESTS=OFF \
 && cmake --build build \
 && cd build && cpack && mv sockwatch_*.deb /sockwatch.deb

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="sockwatch" \
      org.opencontainers.image.description="Sees the HTTP services, databases and caches of a host through eBPF and serves Prometheus metrics" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /sockwatch.deb /tmp/sockwatch.deb
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/sockwatch.deb \
 && rm -rf /tmp/sockwatch.deb /var/lib/apt/lists/*
# Root, with the capabilities that it is given: docker-compose.yml says which. It needs the host's process ids.
EXPOSE 9765
# bash asks: there is no curl here. Override it where the agent serves TLS, or on another port.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["/bin/bash", "-c", "exec 3<> /dev/tcp/127.0.0.1/9765 && printf 'GET /-/healthy HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r answer <&3 && [[ $answer == *' 200 '* ]]"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/sbin/sockwatch"]
CMD ["--config.file=/etc/sockwatch/sockwatch.yml"]
