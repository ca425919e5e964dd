#!/bin/bash
# A replicated set-up on one machine, out of Debian's packages haproxy and postgresql:
#
#   HAProxy ──▶ three replicas of ori ──▶ HAProxy ──▶ PostgreSQL, primary ──▶ PostgreSQL, synchronous standby
#
# In service each part has a machine of its own; what matters is how they are tied together. `cargo xtask cluster` runs
# this with all that it needs.
#
#   cluster.sh up FOLDER               starts everything in FOLDER, which is made, and ends it when its input ends. The first
#                                      line that it prints is the console's address
#   cluster.sh stop FOLDER N           takes replica N out of the balancer, lets it finish, and ends it
#   cluster.sh start FOLDER N          starts it again
#   cluster.sh restart-database FOLDER restarts the primary as after a crash
#   cluster.sh promote FOLDER          kills the primary, and makes the standby the primary
#
# ORI_BIN is the program; every other ORI_ variable is handed on to the replicas.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
command=$1 folder=$2 number=${3:-}
programs=${ORI_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}
export PATH=$PATH:/usr/sbin

# PostgreSQL refuses to run as root: then it runs as a user without rights.
postgres() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$programs/$1" "${@:2}"
    else
        "$programs/$1" "${@:2}"
    fi
}

sql() { # PORT STATEMENT
    "$programs/psql" -qX -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$1" -U ori -d "${3:-ori}" -c "$2" > /dev/null
}

wait_until() {
    for _ in $(seq 600); do
        if "$@" > /dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "cluster.sh: gave up waiting for: $*" >&2
    exit 1
}

choose_ports() {
    # Nothing listens there now; the system itself hands out ports from 32768 only.
    local name port
    for name in CONSOLE ADMIN DATABASE PRIMARY STANDBY REPLICA_1 REPLICA_2 REPLICA_3; do
        while :; do
            port=$((20000 + RANDOM % 12000))
            if ! (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then break; fi
        done
        echo "${name}_PORT=$port"
    done > "$folder/ports"
}

start_primary() {
    postgres pg_ctl -D "$folder/postgres/primary" -w -s -l "$folder/postgres/primary.log" \
        -o "-p $PRIMARY_PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200" start
}

start_database() {
    mkdir -m 700 "$folder/postgres"
    if [ "$(id -u)" = 0 ]; then
        chmod 711 "$folder"
        chown 65534:65534 "$folder/postgres"
    fi
    cd "$folder/postgres"
    postgres initdb --auth=trust --username=ori --encoding=UTF8 --locale=C --pgdata "$folder/postgres/primary" > /dev/null
    start_primary
    sql "$PRIMARY_PORT" "create database ori" postgres
    postgres pg_basebackup -D "$folder/postgres/standby" -R -X stream \
        -d "host=127.0.0.1 port=$PRIMARY_PORT user=ori application_name=standby"
    postgres pg_ctl -D "$folder/postgres/standby" -w -s -l "$folder/postgres/standby.log" \
        -o "-p $STANDBY_PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200" start
    # From here on a commit is acknowledged when both have it on their disks. Set on the primary only: once the standby has
    # taken its place, there is nobody for it to wait for.
    sql "$PRIMARY_PORT" "alter system set synchronous_standby_names = 'standby'"
    sql "$PRIMARY_PORT" "select pg_reload_conf()"
}

start_balancer() {
    cp "$here/503.http" "$folder/503.http"
    local line replace="s|@FOLDER@|$folder|g"
    while read -r line; do replace="$replace;s|@${line%=*}@|${line#*=}|g"; done < "$folder/ports"
    sed "$replace" "$here/haproxy.cfg" > "$folder/haproxy.cfg"
    haproxy -W -D -q -f "$folder/haproxy.cfg" -p "$folder/haproxy.pid"
}

balancer() {
    exec 3<> "/dev/tcp/127.0.0.1/$ADMIN_PORT"
    echo "$1" >&3
    cat <&3 > /dev/null
    exec 3>&-
}

start_replica() {
    local port="REPLICA_$1_PORT"
    ORI_LISTEN=127.0.0.1:${!port} ORI_TRUSTED_PROXIES=1 ORI_PUBLIC_URL=http://127.0.0.1:$CONSOLE_PORT \
        ORI_DATABASE_URL="postgres://ori@127.0.0.1:$DATABASE_PORT/ori" \
        setsid "$ORI_BIN" serve >> "$folder/replica-$1.log" 2>&1 < /dev/null &
    echo $! > "$folder/replica-$1.pid"
    wait_until ready "${!port}"
    balancer "set server replicas/replica-$1 state ready"
}

ready() {
    local answer
    exec 4<> "/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET /readyz HTTP/1.0\r\n\r\n' >&4
    read -r answer <&4
    exec 4>&-
    [[ $answer == *" 200 "* ]]
}

# Ended, be it that nobody has taken notice yet.
gone() { ! grep -qv "^State:.Z" <(grep "^State:" "/proc/$1/status"); }

# Its requests in flight are finished first: HAProxy sends it no more, and it ends when it has answered them.
stop_replica() {
    local pid
    pid=$(cat "$folder/replica-$1.pid")
    balancer "set server replicas/replica-$1 state maint"
    kill -TERM "$pid"
    wait_until gone "$pid"
}

kill_postgres() { # As a crash would.
    if [ -e "$folder/postgres/$1/postmaster.pid" ]; then
        postgres pg_ctl -D "$folder/postgres/$1" -w -s -m immediate stop
    fi
}

down() {
    set +e
    for file in "$folder"/replica-*.pid "$folder/haproxy.pid"; do
        kill -CONT "$(cat "$file")" 2> /dev/null
        kill -TERM "$(cat "$file")" 2> /dev/null
    done
    for file in "$folder"/replica-*.pid; do
        for _ in $(seq 50); do gone "$(cat "$file")" 2> /dev/null && break; sleep 0.1; done
        kill -KILL "$(cat "$file")" 2> /dev/null
    done
    kill_postgres primary
    kill_postgres standby
}

if [ "$command" = up ]; then
    mkdir -p "$folder"
    choose_ports
fi
# shellcheck disable=SC1091
. "$folder/ports"

case $command in
    up)
        trap down EXIT
        start_database
        start_balancer
        for replica in 1 2 3; do start_replica "$replica"; done
        echo "http://127.0.0.1:$CONSOLE_PORT"
        # Where no account is configured, the first admin is made there.
        grep -h /setup# "$folder/replica-1.log" || true
        cat > /dev/null
        ;;
    stop) stop_replica "$number" ;;
    start) start_replica "$number" ;;
    restart-database)
        kill_postgres primary
        start_primary
        ;;
    promote)
        kill_postgres primary
        postgres pg_ctl -D "$folder/postgres/standby" -w -s promote
        ;;
esac
