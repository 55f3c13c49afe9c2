#include "exposition/web_access.h"

#include "util/log.h"

namespace sockwatch {
namespace {

int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

}  // namespace

std::vector<WebAccessFile::Stamp> WebAccessFile::stamps(const std::vector<std::string>& files) {
  std::vector<Stamp> out;
  out.reserve(files.size());
  for (const std::string& file : files) {
    struct stat status {};
    Stamp& stamp = out.emplace_back();
    if (::stat(file.c_str(), &status) != 0) continue;
    stamp = {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size), nanoseconds(status.st_mtim),
             nanoseconds(status.st_ctim)};
  }
  return out;
}

Result<WebAccessFile::Loaded> WebAccessFile::load() const {
  const auto file = load_web_config_file(path_);
  if (!file) return file.error();
  auto access = std::make_shared<WebAccess>();
  std::vector<std::string> files{path_};
  if (const auto& tls = file.value().tls) {
    auto context = TlsContext::create(*tls);
    if (!context) return Error{path_ + ": " + context.error().message};
    access->tls = std::move(context).value();
    for (const PemSource* source : {&tls->certificate, &tls->key, &tls->client_ca}) {
      if (!source->file.empty()) files.push_back(source->file);
    }
  }
  access->users = file.value().users;
  for (const auto& [name, value] : file.value().headers)
    access->header_fields += name + ": " + value + "\r\n";
  if (file.value().asks_for_http2 && !access_) {
    log_warn("HTTP/1.1 is spoken, though the file asks for HTTP/2", {{"file", path_}});
  }
  return Loaded{std::move(access), std::move(files)};
}

Result<WebAccessFile> WebAccessFile::open(const std::string& path) {
  WebAccessFile self(path);
  if (path.empty()) {
    self.access_ = std::make_shared<const WebAccess>();
    return self;
  }
  auto loaded = self.load();
  if (!loaded) return loaded.error();
  self.access_ = std::move(loaded->access);
  self.files_ = std::move(loaded->files);
  // Left empty: what has changed since it was read is found by the first look.
  return self;
}

Result<> WebAccessFile::reload() {
  auto loaded = load();
  if (!loaded) return loaded.error();
  if ((loaded->access->tls != nullptr) != (access_->tls != nullptr)) {
    return Error{path_ + ": TLS cannot be switched on or off without a restart"};
  }
  if (loaded->access->users.empty() && !access_->users.empty()) {
    return Error{path_ + ": the last user cannot be taken away without a restart"};
  }
  access_ = std::move(loaded->access);
  if (loaded->files != files_) {
    files_ = std::move(loaded->files);
    seen_.clear();
  }
  return {};
}

const std::shared_ptr<const WebAccess>& WebAccessFile::current() {
  if (path_.empty()) return access_;
  std::vector<Stamp> now = stamps(files_);
  if (now == seen_) return access_;
  seen_ = std::move(now);  // before it is read: what changes meanwhile is read again
  if (const Result<> reloaded = reload(); !reloaded) {
    log_error("the web configuration cannot be used; what held before still holds",
              {{"error", reloaded.error().message}});
  } else {
    log_info("web configuration read", {{"file", path_}});
  }
  return access_;
}

}  // namespace sockwatch
