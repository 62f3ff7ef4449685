#!/bin/sh
# The main job: serve the sample images from an embedded SQLite store, and check that server.
# usage: check-sample.sh BIN [SUITE]    BIN holds the command musterd; it or SUITE holds muster
set -eu
bin=$1 suite=${2:-$1}
folder=$(mktemp -d)
server=
end() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || :
        wait "$server" || { echo "check-sample: musterd ended with status $?" >&2; status=1; }
    fi
    rm -rf "$folder"
    exit "$status"
}
trap end EXIT INT TERM

"$bin/musterd" import --db "sqlite:///$folder/sample.db" "$(dirname "$0")/../server/musterd/sample.json"
"$bin/musterd" serve --db "sqlite:///$folder/sample.db" --listen "unix://$folder/musterd.sock" \
    >"$folder/ready" &
server=$!
tries=0
until grep -q listening "$folder/ready"; do
    kill -0 "$server" 2>/dev/null || { server=; exit 1; }
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { echo "check-sample: musterd was not ready within 30 s" >&2; exit 1; }
    sleep 0.1
done
cat "$folder/ready"
"$suite/muster" check "unix://$folder/musterd.sock"
