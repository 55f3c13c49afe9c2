# Builds with a word on how far it is. Sourced by the other scripts.

PROGRESS_SECONDS=10 # between two lines, where the output is no terminal

# show_progress LOG: keeps what ninja says in LOG, and prints how much of it is done.
show_progress() {
  local log=$1 line next=$((SECONDS + PROGRESS_SECONDS)) shown=
  : > "$log"
  while IFS= read -r line; do
    printf '%s\n' "$line" >> "$log"
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    line="sockwatch: building: ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} steps, $((100 * BASH_REMATCH[1] / BASH_REMATCH[2])) %"
    if [ -t 1 ]; then
      printf '\r%s' "$line"
      shown=1
    elif [ "$SECONDS" -ge "$next" ]; then
      printf '%s\n' "$line"
      next=$((SECONDS + PROGRESS_SECONDS))
    fi
  done
  [ -z "$shown" ] || echo
}

# build_in FOLDER [TARGET...]: what cmake has configured there. The whole output is in FOLDER/build.log; of a failure its end is printed.
build_in() {
  local folder=$1 began=$SECONDS
  shift
  cmake --build "$folder" ${1:+--target "$@"} 2>&1 | show_progress "$folder/build.log" ||
    { tail -n 60 "$folder/build.log" >&2; echo "sockwatch: the build failed; the end of $folder/build.log stands above" >&2; exit 1; }
  echo "sockwatch: built, in $((SECONDS - began)) s"
}
