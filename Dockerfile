# muster and musterd. The last stage runs the suite: `docker run --rm IMAGE check tcp://HOST:2375`.
# With `--target musterd` the image runs the server. Either has both commands.
FROM python:3.13-slim-bookworm AS build
COPY . /src
RUN python -m venv /opt/muster && /opt/muster/bin/pip install --no-cache-dir '/src[all]'

FROM python:3.13-slim-bookworm AS both
COPY --from=build /opt/muster /opt/muster
ENV PATH="/opt/muster/bin:$PATH" HOME=/tmp
WORKDIR /tmp
USER 65534:65534

FROM both AS musterd
EXPOSE 2375
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:2375/_ping', timeout=4)"]
ENTRYPOINT ["musterd"]
CMD ["serve", "--sample", "--insecure", "--listen", "tcp://0.0.0.0:2375"]

FROM both AS muster
ENTRYPOINT ["muster"]
CMD ["--help"]
