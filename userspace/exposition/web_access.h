// Who may use the metrics endpoint, and how: the web configuration file with its certificates, read again
// whenever one of them changes.
//
// WebAccess is immutable and may be held by any thread; WebAccessFile is one thread's.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "config/web_config_file.h"
#include "exposition/tls_context.h"
#include "util/result.h"

namespace sockwatch {

struct WebAccess {
  std::shared_ptr<const TlsContext> tls;     ///< none: plain HTTP
  std::map<std::string, std::string> users;  ///< name to bcrypt hash; empty: everybody
  std::string header_fields;                 ///< "Name: value\r\n" each, for every response
};

class WebAccessFile {
 public:
  /// `path` empty: plain HTTP for everybody, for ever. The error tells everything that is wrong with the
  /// file.
  static Result<WebAccessFile> open(const std::string& path);

  /// What holds now. A file that has become wrong, or that would switch off TLS or users, changes nothing but
  /// the log: half of a change, or a slip, must not open what was closed.
  const std::shared_ptr<const WebAccess>& current();

 private:
  struct Stamp {
    uint64_t device = 0, inode = 0, size = 0;
    int64_t modified_ns = 0, changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Loaded {
    std::shared_ptr<const WebAccess> access;
    std::vector<std::string> files;  ///< all that it was made from
  };

  explicit WebAccessFile(std::string path) : path_(std::move(path)) {}
  Result<Loaded> load() const;
  Result<> reload();
  static std::vector<Stamp> stamps(const std::vector<std::string>& files);

  std::string path_;
  std::vector<std::string> files_;
  std::vector<Stamp> seen_;
  std::shared_ptr<const WebAccess> access_;
};

}  // namespace sockwatch
