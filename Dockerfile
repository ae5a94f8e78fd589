FROM python:3.13.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH
# The same two steps as in the Makefile: locked packages first, then the project without its own.
COPY requirements.txt ./
RUN pip install --no-deps --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY gateway ./gateway
RUN pip install --no-deps .

FROM python:3.13.14-slim-bookworm
RUN groupadd --gid 10001 gateway \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin gateway \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/gateway /opt/gateway
ENV PATH=/opt/gateway/bin:$PATH PYTHONUNBUFFERED=1
# An SQLite path counts from here: sqlite:///data/gateway.db is the file /data/gateway.db.
WORKDIR /
USER 10001:10001
VOLUME /data
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s CMD ["snyk-gateway", "healthcheck"]
ENTRYPOINT ["snyk-gateway"]
CMD ["serve", "--config", "/config"]
