# What the running kernel must offer, asked with what a fresh Debian has. Sourced by the other scripts, which ask before minutes of
# building; `sockwatch doctor` asks for everything and loads the programs, which is what counts.

KERNEL_TYPES=${KERNEL_TYPES:-/sys/kernel/btf/vmlinux}
KERNEL_LOCKDOWN=${KERNEL_LOCKDOWN:-/sys/kernel/security/lockdown}

refuse_kernel() {
  echo "sockwatch: $1" >&2
  exit 1
}

# kernel_names NAME: whether the kernel's types have it.
kernel_names() { grep -aqF "$1" "$KERNEL_TYPES"; }

# require_kernel [OPTION...]: ends the script with one line when something is missing. OPTIONs are those for the agent.
require_kernel() {
  local option
  for option in "$@"; do
    case "$option" in
      --path.btf*) return 0 ;; # the agent knows what to make of the file
    esac
  done
  [ -r "$KERNEL_TYPES" ] ||
    refuse_kernel "this kernel does not describe its types in $KERNEL_TYPES; boot one built with CONFIG_DEBUG_INFO_BTF=y (those of Debian, Ubuntu and Fedora are); in a container, mount /sys"
  kernel_names bpf_sk_storage_get_tracing ||
    refuse_kernel "this kernel cannot keep state for the sockets that programs watch (bpf_sk_storage_get for tracing programs); boot a newer one (Debian 12's own will do)"
  kernel_names BPF_FUNC_task_pt_regs ||
    refuse_kernel "this kernel does not tell programs of the system call in flight (bpf_task_pt_regs); boot a newer one (Debian 12's own will do)"
  if grep -qs '\[confidentiality\]' "$KERNEL_LOCKDOWN"; then
    refuse_kernel "this kernel is locked down to confidentiality: BPF may not read memory; boot without lockdown=confidentiality (integrity will do)"
  fi
}

# try_to_load AGENT [OPTION...]: the agent's own doctor, with those OPTIONs that say what is loaded. What is not as it should be is
# printed; ends the script when the agent could not run.
try_to_load() {
  local agent=$1 options=() value= option said status=0
  shift
  for option in "$@"; do
    if [ -n "$value" ]; then
      options+=("$option")
      value=
      continue
    fi
    case "$option" in
      --config.file=* | --path.*=* | --capture.*=*) options+=("$option") ;;
      --config.file | --path.* | --capture.*) options+=("$option") value=1 ;;
    esac
  done
  said=$("$agent" doctor "${options[@]}" 2>&1) || status=$?
  if [ "$status" -ne 0 ]; then
    printf '%s\n' "$said" >&2
    exit "$status"
  fi
  printf '%s\n' "$said" | grep -v '^ok ' || true
}
