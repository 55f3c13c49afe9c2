// The programs against the types of older kernels: small sets of them (kernels/), in place of this kernel's own. What is not
// there may be missing only where compat.bpf.h guards it: libbpf puts an instruction in its place that no verifier lets pass, unless
// the branch that holds it is never reached. The programs at the tracepoints read all of these types as plain memory, so that this
// kernel's verifier loads them whatever the offsets are.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

struct BtfDeleter {
  void operator()(btf* types) const { btf__free(types); }  // libbpf's own allocation
};
using BtfPtr = std::unique_ptr<btf, BtfDeleter>;
struct ObjectDeleter {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

std::string g_log;

int keep(libbpf_print_level, const char* format, va_list args) {
  char* text = nullptr;
  const int n = vasprintf(&text, format, args);
  if (n > 0) g_log.append(text, static_cast<size_t>(n));
  std::free(text);
  return n;
}

bool has_name(const btf_type& type) {
  return btf_is_composite(&type) || btf_is_any_enum(&type);
}

/// This kernel's types with those of `older` in place of its own that have their names.
BtfPtr merged(const btf& host, const btf& older) {
  std::set<std::string> names;
  for (uint32_t id = 1; id < btf__type_cnt(&older); ++id) {
    const btf_type* type = btf__type_by_id(&older, id);
    if (has_name(*type)) names.insert(btf__name_by_offset(&older, type->name_off));
  }
  names.erase("");
  uint32_t size = 0;
  const void* raw = btf__raw_data(&host, &size);
  BtfPtr types(btf__new(raw, size));
  if (!types) return nullptr;
  for (uint32_t id = 1; id < btf__type_cnt(types.get()); ++id) {
    auto* type = const_cast<btf_type*>(btf__type_by_id(types.get(), id));
    if (has_name(*type) && names.contains(btf__name_by_offset(types.get(), type->name_off))) type->name_off = 0;  // nobody asks for it any longer
  }
  // The changed names are in libbpf's own copy, which is what is written out.
  if (btf__add_btf(types.get(), &older) < 0) return nullptr;
  return types;
}

/// Loads the programs at the tracepoints, relocated against these types.
struct Loaded {
  int error = 0;
  std::set<std::string> missing;  ///< what of the programs cannot be found in the types: "io_async_rw.iter"
};

bool is_at_tracepoint(const bpf_program* program) {
  return std::string(bpf_program__section_name(program)).starts_with("tp_btf/");
}

Loaded load_against(const btf& types) {
  char file[] = "/tmp/sockwatch-types.XXXXXX";
  const int fd = mkstemp(file);
  EXPECT_GE(fd, 0);
  uint32_t size = 0;
  const void* raw = btf__raw_data(&types, &size);
  EXPECT_EQ(write(fd, raw, size), static_cast<ssize_t>(size));
  close(fd);

  Loaded loaded;
  g_log.clear();
  const libbpf_print_fn_t previous = libbpf_set_print(keep);
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.btf_custom_path = file;
  {
    const std::unique_ptr<bpf_object, ObjectDeleter> object(bpf_object__open_file(SOCKWATCH_BPF_OBJECT, &options));
    EXPECT_NE(object, nullptr);
    if (!object) return {ENOENT, {}};
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object.get()) bpf_program__set_autoload(program, is_at_tracepoint(program));
    loaded.error = bpf_object__load(object.get());
  }
  libbpf_set_print(previous);
  unlink(file);

  std::string last;
  const std::regex sought("relo #\\d+: <[a-z_]+> \\[\\d+\\] (?:(?:struct|union) )?([^ ]+)");
  const std::regex enum_value("relo #\\d+: <enumval_value> \\[\\d+\\] enum ([^ ]+)");
  size_t relocations = 0;
  for (size_t at = 0; at < g_log.size();) {
    const size_t end = std::min(g_log.find('\n', at), g_log.size());
    const std::string line = g_log.substr(at, end - at);
    at = end + 1;
    std::smatch match;
    if (std::regex_search(line, match, enum_value) || (line.find("matching candidate") == std::string::npos && std::regex_search(line, match, sought))) {
      last = match[1];
      ++relocations;
    }
    if (line.find("substituting insn") != std::string::npos) loaded.missing.insert(last);
  }
  EXPECT_GT(relocations, 100u) << "libbpf says other words than this test expects:\n" << g_log.substr(0, 2000);
  return loaded;
}

class KernelTypes : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root: libbpf asks the kernel before it looks at types";
    host_.reset(btf__load_vmlinux_btf());
    ASSERT_NE(host_, nullptr);
    if (btf__find_by_name_kind(host_.get(), "btf_trace_sock_send_length", BTF_KIND_TYPEDEF) < 0)
      GTEST_SKIP() << "this kernel has no tracepoints of the socket layer";
  }
  BtfPtr host_;
};

// What compat.bpf.h has another way for.
const std::set<std::string> kGuarded = {"iov_iter.ubuf", "iov_iter___array.iov", "io_async_rw.iter", "io_async_rw___state.s.iter",
                                        "iter_type::ITER_UBUF"};

TEST_P(KernelTypes, OnlyWhatIsGuardedIsMissing) {
  const BtfPtr older(btf__parse((std::string(SOCKWATCH_KERNEL_TYPES) + "/" + GetParam() + ".o").c_str(), nullptr));
  ASSERT_NE(older, nullptr);
  const BtfPtr types = merged(*host_, *older);
  ASSERT_NE(types, nullptr);
  const Loaded loaded = load_against(*types);
  EXPECT_EQ(loaded.error, 0) << g_log.substr(g_log.size() - std::min<size_t>(g_log.size(), 2000));
  EXPECT_THAT(kGuarded, testing::IsSupersetOf(loaded.missing));
  EXPECT_FALSE(loaded.missing.empty()) << "the older types were not used";
}

INSTANTIATE_TEST_SUITE_P(Kernels, KernelTypes, testing::Values("linux-5.15", "linux-6.1", "linux-6.6", "linux-6.8"));

}  // namespace
