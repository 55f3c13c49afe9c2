# Completion of sockwatch's command line in bash.
_sockwatch() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local commands="run doctor record replay check-config"
  local options="--config.file --web.listen-address --web.telemetry-path --web.config.file --web.max-requests --web.enable-lifecycle --log.level --log.format --version --help"
  case "$previous" in
    --config.file | --web.config.file | replay | check-config | -o) COMPREPLY=($(compgen -f -- "$word")); return ;;
    --log.level) COMPREPLY=($(compgen -W "debug info warn error" -- "$word")); return ;;
    --log.format) COMPREPLY=($(compgen -W "logfmt json" -- "$word")); return ;;
  esac
  COMPREPLY=($(compgen -W "$commands $options" -- "$word"))
}
complete -F _sockwatch sockwatch
