#!/bin/bash
# A replicated set-up on one machine, with Debian's packages haproxy and postgresql:
#
#   HAProxy ──▶ three replicas of ori ──▶ HAProxy ──▶ PostgreSQL, primary ──▶ PostgreSQL, synchronous standby
#
# In production each part runs on a machine of its own; the example shows their configuration. `cargo xtask cluster`
# installs the requirements and runs this script.
#
#   cluster.sh up FOLDER               creates FOLDER, starts everything in it, and stops it at the end of standard input. The
#                                      first printed line is the console's address
#   cluster.sh stop FOLDER N           removes replica N from the balancer, waits for its requests, and stops it
#   cluster.sh start FOLDER N          starts it again
#   cluster.sh restart-database FOLDER restarts the primary like after a crash
#   cluster.sh promote FOLDER          kills the primary, and makes the standby the primary
#
# ORI_BIN is the server's binary; every other ORI_ variable is passed to the replicas.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
command=$1 folder=$2 number=${3:-}
programs=${ORI_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}
export PATH=$PATH:/usr/sbin

# PostgreSQL refuses to run as root. In this case it runs as an unprivileged user.
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
    echo "cluster.sh: timed out waiting for: $*" >&2
    exit 1
}

choose_ports() {
    # Free ports below 32768, from which the system assigns ports to others.
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
    # From here on, a commit is acknowledged when both have flushed it. Set on the primary only: after its promotion, the
    # standby has no other server to wait for.
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

# Whether the process has ended, including a zombie.
gone() { ! grep -qv "^State:.Z" <(grep "^State:" "/proc/$1/status"); }

# HAProxy sends no more requests to the replica, which ends after it has responded to those in flight.
stop_replica() {
    local pid
    pid=$(cat "$folder/replica-$1.pid")
    balancer "set server replicas/replica-$1 state maint"
    kill -TERM "$pid"
    wait_until gone "$pid"
}

kill_postgres() { # Like a crash.
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
        # If no account is configured, this link creates the first admin.
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
