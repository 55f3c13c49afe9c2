# Completion of sockwatch's command line in bash.
_sockwatch() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local commands="run doctor why record replay check-config"
  local options="--config.file --web.listen-address --web.telemetry-path --web.config.file --web.max-requests --web.enable-lifecycle --log.level --log.format --capture.ring-bytes --capture.attach --capture.listing --path.procfs --path.cgroupfs --version --help"
  case "$previous" in
    --config.file | --web.config.file | replay | check-config | -o) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --log.level) COMPREPLY=($(compgen -W "debug info warn error" -- "$word")); return ;;
    --log.format) COMPREPLY=($(compgen -W "logfmt json" -- "$word")); return ;;
    --format) COMPREPLY=($(compgen -W "jsonl metrics" -- "$word")); return ;;
    --path.procfs | --path.cgroupfs) COMPREPLY=($(compgen -d -- "$word")); return ;;
  esac
  case "${COMP_WORDS[1]}" in
    record) options="-o --output --no-mask $options" ;;
    replay) options="--format $options" ;;
  esac
  COMPREPLY=($(compgen -W "$commands $options" -- "$word"))
}
complete -F _sockwatch sockwatch
