#include "capture/capture.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdarg>
#include <cstring>

#include "capture/convert.h"
#include "capture/libbpf_log.h"
#include "capture/program_loader.h"
#include "capture/ring_reader.h"
#include "records.h"
#include "sockwatch.skel.h"
#include "util/fd.h"

namespace sockwatch {
namespace {

struct RingDeleter {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

Error explain(const std::string& what, int error, const LibbpfLog& log) {
  const std::string reason = read_complaint(log.text()).reason;
  return Error{what + ": " + std::strerror(error) + (reason.empty() ? "" : " (" + reason + ")")};
}

int ignore_bell(void*, void*, size_t) { return 0; }

}  // namespace

struct Capture::Impl {
  SkeletonPtr skeleton;
  std::unique_ptr<ring_buffer, RingDeleter> bell;
  uint64_t* advice = nullptr;  // the map's memory, shared with the programs
  size_t advice_bytes = 0;
  std::unique_ptr<RingReader> rings;
  CapturePlan plan;
  RingLayout layout;
  uint64_t lost_control_seen = 0;
  size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  SocketEvent event;

  ~Impl() {
    if (advice != nullptr) munmap(advice, advice_bytes);
  }

  Result<> map_advice() {
    advice_bytes = (SW_ADVICE_SLOTS * sizeof(uint64_t) + page - 1) / page * page;
    void* memory = mmap(nullptr, advice_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(skeleton->maps.sw_advice), 0);
    if (memory == MAP_FAILED) return Error{std::string("cannot map the advice array: ") + std::strerror(errno)};
    advice = static_cast<uint64_t*>(memory);
    return {};
  }

  // Runs an iterator to its end and hands over the bytes that it wrote.
  Result<std::vector<std::byte>> iterate(bpf_program* program, bpf_map* map) {
    bpf_iter_link_info info{};
    bpf_iter_attach_opts options{};
    options.sz = sizeof(options);
    if (map != nullptr) {
      info.map.map_fd = static_cast<uint32_t>(bpf_map__fd(map));
      options.link_info = &info;
      options.link_info_len = sizeof(info);
    }
    bpf_link* link = bpf_program__attach_iter(program, &options);
    if (link == nullptr) return Error{std::string("cannot list sockets: ") + std::strerror(errno)};
    const Fd fd(bpf_iter_create(bpf_link__fd(link)));
    bpf_link__destroy(link);
    if (!fd) return Error{std::string("cannot list sockets: ") + std::strerror(errno)};

    std::vector<std::byte> out;
    std::array<std::byte, 16384> buffer;
    for (;;) {
      const ssize_t n = read(fd.get(), buffer.data(), buffer.size());
      if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (n < 0) return Error{std::string("cannot list sockets: ") + std::strerror(errno)};
      if (n == 0) return out;
      out.insert(out.end(), buffer.begin(), buffer.begin() + n);
    }
  }
};

Capture::Capture(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Capture::~Capture() = default;

Result<CapturePlan> Capture::try_load(const CaptureConfig& config) {
  Result<LoadedPrograms> loaded = load_programs(config);
  if (!loaded) return loaded.error();
  return std::move(loaded->plan);
}

Result<std::unique_ptr<Capture>> Capture::start(const CaptureConfig& config) {
  Result<LoadedPrograms> loaded = load_programs(config);
  if (!loaded) return loaded.error();
  auto impl = std::make_unique<Impl>();
  impl->skeleton = std::move(loaded->skeleton);
  impl->plan = std::move(loaded->plan);
  impl->layout = loaded->rings;
  auto* skeleton = impl->skeleton.get();

  if (Result<> mapped = impl->map_advice(); !mapped) return mapped.error();
  auto rings = RingReader::map(bpf_map__fd(skeleton->maps.sw_rings), impl->layout.cpus, impl->layout.ring_bytes, impl->layout.value_bytes);
  if (!rings) return rings.error();
  impl->rings = std::move(rings).value();
  const LibbpfLog log;
  impl->bell.reset(ring_buffer__new(bpf_map__fd(skeleton->maps.sw_bell), ignore_bell, nullptr, nullptr));
  if (!impl->bell) return explain("cannot map the bell", errno, log);
  if (int error = sockwatch_bpf__attach(skeleton); error != 0)
    return explain("this kernel takes the BPF programs and does not let them be attached", -error, log);
  // Sockets that were there before us get their state now.
  if (auto seeded = impl->iterate(skeleton->progs.sw_seed, nullptr); !seeded) return seeded.error();
  skeleton->bss->sw_seeded = 1;
  return std::unique_ptr<Capture>(new Capture(std::move(impl)));
}

int Capture::wake_fd() const { return ring_buffer__epoll_fd(impl_->bell.get()); }

size_t Capture::drain(EventHandler& handler) {
  ring_buffer__consume(impl_->bell.get());
  return impl_->rings->drain([&](const void* record, size_t size) {
    if (to_event(record, size, impl_->event)) handler.on_event(impl_->event);
  });
}

uint64_t Capture::ring_used() const { return impl_->rings->used(); }

uint64_t Capture::ring_bytes() const { return impl_->layout.ring_bytes; }

bool Capture::takes_whole_records() const { return impl_->layout.takes_whole_records(); }

void Capture::name_by(const std::vector<std::string>& variables) {
  size_t at = 0;
  for (sw_variable& slot : impl_->skeleton->bss->sw_variables) {
    sw_variable variable{};
    while (at < variables.size() && variables[at].size() + 2 > SW_VARIABLE_MAX) ++at;
    if (at < variables.size()) {
      const std::string text = variables[at++] + "=";
      std::memcpy(variable.text, text.data(), text.size());
      std::memset(variable.mask, 0xff, text.size());
      variable.length = static_cast<uint32_t>(text.size());
    }
    slot = variable;
  }
}

void Capture::ignore(SocketId socket) {
  __atomic_store_n(&impl_->advice[socket & (SW_ADVICE_SLOTS - 1)], socket, __ATOMIC_RELAXED);
}

void Capture::postpone(SocketId socket) { ignore(socket | SW_ADVICE_POSTPONE); }

void Capture::make_room() {
  auto* round = &impl_->skeleton->bss->sw_room_round;
  __atomic_store_n(round, *round + 1, __ATOMIC_RELAXED);
}

bool Capture::take_unreported() {
  return __atomic_exchange_n(&impl_->skeleton->bss->sw_unreported, uint8_t{0}, __ATOMIC_RELAXED) != 0;
}

Result<std::vector<SocketInfo>> Capture::list(Listing what) {
  impl_->skeleton->bss->sw_iterate_what = what == Listing::complete ? SW_ITERATE_ALL : SW_ITERATE_PENDING;
  ++impl_->skeleton->bss->sw_listing_round;
  const bool by_storage = impl_->plan.listing == CapturePlan::Listing::storage;
  auto bytes = by_storage ? impl_->iterate(impl_->skeleton->progs.sw_list_storage, impl_->skeleton->maps.sw_sockets)
                                 : impl_->iterate(impl_->skeleton->progs.sw_list_descriptors, nullptr);
  if (!bytes) return bytes.error();
  std::vector<SocketInfo> sockets;
  sockets.reserve(bytes->size() / sizeof(sw_socket_entry));
  for (size_t at = 0; at + sizeof(sw_socket_entry) <= bytes->size(); at += sizeof(sw_socket_entry)) {
    sw_socket_entry entry;
    std::memcpy(&entry, bytes->data() + at, sizeof(entry));
    sockets.push_back(to_info(entry));
  }
  return sockets;
}

const CapturePlan& Capture::plan() const { return impl_->plan; }

ListingScope Capture::complete_scope() const {
  return impl_->plan.listing == CapturePlan::Listing::storage ? ListingScope::all : ListingScope::held;
}

void Capture::take_lost_closes(EventHandler& handler) {
  const uint64_t lost = impl_->rings->counted(SW_COUNT_LOST_CONTROL);
  if (lost == std::exchange(impl_->lost_control_seen, lost)) return;
  const int map = bpf_map__fd(impl_->skeleton->maps.sw_lost_closes);
  uint64_t socket = 0;
  sw_header record{};
  while (bpf_map_get_next_key(map, nullptr, &socket) == 0 && bpf_map_lookup_elem(map, &socket, &record) == 0 &&
         bpf_map_delete_elem(map, &socket) == 0) {
    if (to_event(&record, sizeof(record), impl_->event)) handler.on_event(impl_->event);
  }
}

namespace {

/// Calls `visit` with the kernel's own account of every program that is loaded.
template <typename Visit>
void for_each_program(const sockwatch_bpf& skeleton, Visit visit) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton.obj) {
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) visit(bpf_program__name(program), info);
  }
}

}  // namespace

Capture::Counters Capture::counters() const {
  auto total = [&](sw_counter what) { return impl_->rings->counted(what); };
  Counters counters{.segments = total(SW_COUNT_SEGMENTS),
                    .lost_segments = total(SW_COUNT_LOST_SEGMENTS),
                    .lost_requests = total(SW_COUNT_LOST_REQUESTS),
                    .lost_received = total(SW_COUNT_LOST_RECEIVED),
                    .lost_sent = total(SW_COUNT_LOST_SENT),
                    .postponed_requests = total(SW_COUNT_POSTPONED_REQUESTS),
                    .lost_control = total(SW_COUNT_LOST_CONTROL),
                    .shortened = total(SW_COUNT_SHORTENED),
                    .preempted = total(SW_COUNT_PREEMPTED),
                    .no_state = total(SW_COUNT_NO_STATE),
                    .environments_cut = total(SW_COUNT_ENVIRONMENTS_CUT)};
  for_each_program(*impl_->skeleton, [&](const char*, const bpf_prog_info& info) { counters.preempted += info.recursion_misses; });
  return counters;
}

std::vector<Capture::ProgramTime> Capture::program_times() const {
  std::vector<ProgramTime> times;
  for_each_program(*impl_->skeleton, [&](const char* name, const bpf_prog_info& info) {
    if (info.run_cnt > 0) times.push_back({.name = name, .runs = info.run_cnt, .seconds = static_cast<double>(info.run_time_ns) / 1e9});
  });
  return times;
}

}  // namespace sockwatch
