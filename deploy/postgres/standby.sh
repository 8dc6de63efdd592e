#!/bin/bash
# The standby: copies the primary when it has nothing yet, then follows it. Once promoted it stays a primary.
set -euo pipefail
export PGDATA=${PGDATA:-/var/lib/postgresql/data}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  chown postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  # -R writes standby.signal, and where to follow, with the name that the primary waits for.
  PGPASSWORD=$REPLICATION_PASSWORD gosu postgres pg_basebackup -D "$PGDATA" -R -X stream -c fast \
    -d "host=db1 user=replicator application_name=db2"
  # Once it is the primary, it must not wait for itself.
  echo "synchronous_standby_names = ''" >> "$PGDATA/postgresql.auto.conf"
fi
exec gosu postgres postgres
