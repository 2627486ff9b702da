# Vipdesk in a container: the hash-pinned packages, the product's folders, nobody's rights. No compiler, no cache.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

WORKDIR /opt/vipdesk
COPY requirements.lock ./
RUN python3 -m venv .venv \
 && .venv/bin/pip install --quiet --no-cache-dir --disable-pip-version-check --only-binary :all: --require-hashes \
    -r requirements.lock
COPY LICENSE Procfile pyproject.toml ./
COPY vipdesk vipdesk
COPY routing routing
COPY store store
COPY live live
COPY desk desk
COPY mailbox mailbox
COPY server server
COPY widget widget
RUN useradd --system --uid 10001 --no-create-home vipdesk \
 && install -d -o vipdesk -g vipdesk -m 700 /data \
 && .venv/bin/python -m compileall -q vipdesk routing store live desk mailbox server

USER 10001
ENV VIPDESK_DATA=/data VIPDESK_HOST=0.0.0.0 VIPDESK_PORT=8000 PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 8000
# Of the web; compose.yaml turns it off for processes that serve nothing.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD [".venv/bin/python", "-c", \
  "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['VIPDESK_PORT'] + '/ready', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT [".venv/bin/python", "-m", "vipdesk"]
CMD ["web"]
