# Completion of sockwatch's command line in bash.
_sockwatch() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} front=
  # An option with "=" and its value: three words where "=" breaks words, as it does unless COMP_WORDBREAKS has been changed; otherwise one.
  if [[ $word == "=" ]]; then
    word=
  elif [[ $previous == "=" ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $word == --*=* ]]; then
    previous=${word%%=*} front=${word%%=*}= word=${word#*=}
  fi
  local commands="run doctor why record replay check-config"
  local options="--config.file --web.listen-address --web.telemetry-path --web.config.file --web.max-requests --web.enable-lifecycle --log.level --log.format --capture.ring-bytes --capture.attach --capture.listing --path.procfs --path.cgroupfs --path.btf --version --help"
  case "$previous" in
    --config.file | --web.config.file | --path.btf | replay | check-config | -o | --output) COMPREPLY=($(compgen -P "$front" -f -- "$word")); return ;;
    --log.level) COMPREPLY=($(compgen -P "$front" -W "debug info warn error" -- "$word")); return ;;
    --log.format) COMPREPLY=($(compgen -P "$front" -W "logfmt json" -- "$word")); return ;;
    --format) COMPREPLY=($(compgen -P "$front" -W "jsonl metrics" -- "$word")); return ;;
    --path.procfs | --path.cgroupfs) COMPREPLY=($(compgen -P "$front" -d -- "$word")); return ;;
  esac
  [[ -n $front || ${COMP_WORDS[COMP_CWORD - 1]} == "=" || ${COMP_WORDS[COMP_CWORD]} == "=" ]] && return # a value that is the user's own
  case "${COMP_WORDS[1]}" in
    record) options="-o --output --no-mask --for --max-size $options" ;;
    replay) options="--format $options" ;;
  esac
  COMPREPLY=($(compgen -W "$commands $options" -- "$word"))
}
complete -F _sockwatch sockwatch
