#!/usr/bin/env bash
# What the public PostgreSQL image does on its first start, as far as docker-compose.yml uses it.
set -euo pipefail
data=/var/lib/postgresql/data
bin=$(ls -d /usr/lib/postgresql/*/bin)
if [ ! -e "$data/PG_VERSION" ]; then
  "$bin/initdb" -A trust -D "$data" > /dev/null
  "$bin/pg_ctl" -D "$data" -o "-c listen_addresses= -k /tmp" -w start > /dev/null
  for file in /docker-entrypoint-initdb.d/*.sql; do psql -q -v ON_ERROR_STOP=1 -h /tmp -f "$file"; done
  "$bin/pg_ctl" -D "$data" -m fast -w stop > /dev/null
fi
exec "$bin/postgres" -D "$data" -k /tmp "$@"
