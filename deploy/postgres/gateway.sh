# The image runs this once, when it has made an empty volume. The gateway owns its database and may do
# no more: the superuser loses its password here, and is let in on the container's socket only.
psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres <<'SQL'
\set password `cat /run/secrets/postgres_password`
CREATE ROLE gateway LOGIN PASSWORD :'password';
CREATE DATABASE gateway OWNER gateway;
ALTER ROLE postgres PASSWORD NULL;
SQL
