# muster and musterd: `docker run --rm IMAGE check tcp://host:2375`
FROM python:3.13-slim-bookworm AS build
COPY . /src
RUN python -m venv /opt/muster && /opt/muster/bin/pip install --no-cache-dir '/src[all]'

FROM python:3.13-slim-bookworm
COPY --from=build /opt/muster /opt/muster
ENV PATH="/opt/muster/bin:$PATH" HOME=/tmp
WORKDIR /tmp
USER 65534:65534
ENTRYPOINT ["muster"]
CMD ["--help"]
