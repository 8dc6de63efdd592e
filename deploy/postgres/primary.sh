#!/bin/bash
# Run once, when the primary's database is made: who the standby comes as, and that it may; and that a commit is answered when
# the standby has it on disk, too. That holds from the next start on: here there is no standby to wait for yet.
set -euo pipefail
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --set password="$REPLICATION_PASSWORD" <<'SQL'
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'password';
ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (db2)';
SQL
echo 'host replication replicator all scram-sha-256' >> "$PGDATA/pg_hba.conf"
