#include "protocols/common/sql_operation.h"

#include <algorithm>
#include <array>

namespace sockwatch {
namespace {

struct Word {
  std::string_view word;
  std::string_view operation;
};

// In alphabetical order.
constexpr std::array kWords = {
    Word{"ABORT", "ROLLBACK"},     Word{"ALTER", "ALTER"},           Word{"ANALYZE", "ANALYZE"},
    Word{"BEGIN", "BEGIN"},        Word{"CALL", "CALL"},             Word{"CHECK", "CHECK"},
    Word{"CHECKPOINT", "CHECKPOINT"}, Word{"CLOSE", "CLOSE"},        Word{"CLUSTER", "CLUSTER"},
    Word{"COMMENT", "COMMENT"},    Word{"COMMIT", "COMMIT"},         Word{"COPY", "COPY"},
    Word{"CREATE", "CREATE"},      Word{"DEALLOCATE", "DEALLOCATE"}, Word{"DECLARE", "DECLARE"},
    Word{"DELETE", "DELETE"},      Word{"DESC", "DESCRIBE"},         Word{"DESCRIBE", "DESCRIBE"},
    Word{"DISCARD", "DISCARD"},    Word{"DO", "DO"},                 Word{"DROP", "DROP"},
    Word{"END", "COMMIT"},         Word{"EXECUTE", "EXECUTE"},       Word{"EXPLAIN", "EXPLAIN"},
    Word{"FETCH", "FETCH"},        Word{"FLUSH", "FLUSH"},           Word{"GRANT", "GRANT"},
    Word{"HANDLER", "HANDLER"},    Word{"IMPORT", "IMPORT"},         Word{"INSERT", "INSERT"},
    Word{"KILL", "KILL"},          Word{"LISTEN", "LISTEN"},         Word{"LOAD", "LOAD"},
    Word{"LOCK", "LOCK"},          Word{"MERGE", "MERGE"},           Word{"MOVE", "MOVE"},
    Word{"NOTIFY", "NOTIFY"},      Word{"OPTIMIZE", "OPTIMIZE"},     Word{"PREPARE", "PREPARE"},
    Word{"REFRESH", "REFRESH"},    Word{"REINDEX", "REINDEX"},       Word{"RELEASE", "RELEASE"},
    Word{"RENAME", "RENAME"},      Word{"REPAIR", "REPAIR"},         Word{"REPLACE", "REPLACE"},
    Word{"RESET", "RESET"},        Word{"REVOKE", "REVOKE"},         Word{"ROLLBACK", "ROLLBACK"},
    Word{"SAVEPOINT", "SAVEPOINT"}, Word{"SELECT", "SELECT"},        Word{"SET", "SET"},
    Word{"SHOW", "SHOW"},          Word{"START", "START"},           Word{"TABLE", "SELECT"},
    Word{"TRUNCATE", "TRUNCATE"},  Word{"UNLISTEN", "UNLISTEN"},     Word{"UNLOCK", "UNLOCK"},
    Word{"UPDATE", "UPDATE"},      Word{"USE", "USE"},               Word{"VACUUM", "VACUUM"},
    Word{"VALUES", "SELECT"},      Word{"WITH", "WITH"},             Word{"XA", "XA"},
};
constexpr size_t kLongest = 10;
static_assert(std::is_sorted(kWords.begin(), kWords.end(), [](const Word& a, const Word& b) { return a.word < b.word; }));

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
constexpr bool is_letter(char c) { return upper(c) >= 'A' && upper(c) <= 'Z'; }
constexpr bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_name(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0; }

// What MySQL and MariaDB execute although it stands in a comment, behind "/*!", "/*M!" and a version; `at` when it is none. A version
// that no server has is how a dump hides something from all of them.
size_t executable(std::string_view text, size_t at) {
  constexpr uint32_t kNoServers = 990000;
  size_t code = at + 2;
  if (text.substr(code, 1) == "M") ++code;
  if (text.substr(code, 1) != "!") return at;
  ++code;
  uint32_t version = 0;
  for (; code < text.size() && text[code] >= '0' && text[code] <= '9'; ++code)
    version = std::min(version * 10 + static_cast<uint32_t>(text[code] - '0'), kNoServers);
  return version < kNoServers ? code : at;
}

// Where the comment that begins at `at` ends; `at` when none does.
size_t after_comment(std::string_view text, size_t at, SqlDialect dialect) {
  const bool mysql = dialect == SqlDialect::mysql;
  const bool dashes = text.substr(at, 2) == "--" && (!mysql || at + 2 >= text.size() || is_blank(text[at + 2]));
  if (dashes || (mysql && text[at] == '#')) {
    const size_t newline = text.find('\n', at);
    return newline == std::string_view::npos ? text.size() : newline + 1;
  }
  if (text.substr(at, 2) != "/*") return at;
  if (const size_t code = executable(text, at); mysql && code != at) return code;
  size_t depth = 1;
  for (at += 2; at < text.size() && depth > 0; ++at) {
    const std::string_view two = text.substr(at, 2);
    if (two == "*/") {
      --depth;
      ++at;
    } else if (two == "/*" && !mysql) {
      ++depth;
      ++at;
    }
  }
  return at;
}

size_t after_quotes(std::string_view text, size_t at, bool backslashes) {
  const char quote = text[at++];
  for (; at < text.size(); ++at) {
    if (backslashes && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;  // a doubled one opens again at once
    }
  }
  return text.size();
}

// "$$...$$" or "$tag$...$tag$"; `at` + 1 when it is neither.
size_t after_dollar_quotes(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && is_name(text[end])) ++end;
  if (end >= text.size() || text[end] != '$') return at + 1;
  const std::string_view tag = text.substr(at, end + 1 - at);
  const size_t close = text.find(tag, end + 1);
  return close == std::string_view::npos ? text.size() : close + tag.size();
}

// Past blanks and comments, and what may stand before a statement's first word.
size_t after_blanks(std::string_view text, size_t at, SqlDialect dialect) {
  while (at < text.size()) {
    if (is_blank(text[at]) || text[at] == '(' || text[at] == ';') {
      ++at;
      continue;
    }
    const size_t next = after_comment(text, at, dialect);
    if (next == at) break;
    at = next;
  }
  return at;
}

// The operation of the word at or behind `at`, which is moved behind the word.
std::string_view next_word(std::string_view text, size_t& at, SqlDialect dialect) {
  at = after_blanks(text, at, dialect);
  std::array<char, kLongest> word{};
  size_t length = 0;
  for (; at < text.size() && is_name(text[at]); ++at, ++length)
    if (length < kLongest) word[length] = upper(text[at]);
  if (length > kLongest) return kOtherOperation;
  const std::string_view wanted(word.data(), length);
  const auto it = std::lower_bound(kWords.begin(), kWords.end(), wanted,
                                   [](const Word& known, std::string_view sought) { return known.word < sought; });
  return it != kWords.end() && it->word == wanted ? it->operation : kOtherOperation;
}

bool begins_with(std::string_view text, size_t at, SqlDialect dialect, std::string_view capitals) {
  const std::string_view rest = text.substr(after_blanks(text, at, dialect));
  return rest.size() >= capitals.size() && (rest.size() == capitals.size() || !is_name(rest[capitals.size()])) &&
         std::equal(capitals.begin(), capitals.end(), rest.begin(), [](char c, char lower) { return c == upper(lower); });
}

// Past quotes and comments that begin at `at`; `at` when none do.
size_t after_opaque(std::string_view text, size_t at, SqlDialect dialect) {
  const bool backslashes = dialect == SqlDialect::mysql;
  const char c = text[at];
  if (c == '\'' || c == '"' || c == '`') return after_quotes(text, at, backslashes && c != '`');
  if (c == '$' && !backslashes && (at == 0 || !is_name(text[at - 1]))) return after_dollar_quotes(text, at);
  return after_comment(text, at, dialect);
}

// What `tell` makes of the first word outside of brackets, quotes and comments that it makes something of; empty when of none.
template <typename Tell>
std::string_view first_outer_word(std::string_view text, size_t at, SqlDialect dialect, Tell tell) {
  for (size_t depth = 0; at < text.size();) {
    const size_t next = after_opaque(text, at, dialect);
    if (next != at) {
      at = next;
    } else if (text[at] == '(') {
      ++depth, ++at;
    } else if (text[at] == ')') {
      depth -= depth > 0 ? 1 : 0, ++at;
    } else if (text[at] == ';') {
      break;
    } else if (depth == 0 && is_name(text[at])) {
      const size_t begin = at;
      const std::string_view operation = next_word(text, at, dialect);
      if (const std::string_view told = tell(text.substr(begin, at - begin), operation, at); !told.empty()) return told;
    } else {
      ++at;
    }
  }
  return {};
}

// The statement that a WITH's names are for; WITH where it is not seen.
std::string_view after_with(std::string_view text, size_t at, SqlDialect dialect) {
  constexpr std::string_view statements[] = {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"};
  const std::string_view told = first_outer_word(text, at, dialect, [&](std::string_view, std::string_view operation, size_t) {
    return std::find(std::begin(statements), std::end(statements), operation) != std::end(statements) ? operation : std::string_view();
  });
  return told.empty() ? "WITH" : told;
}

// The statement that MariaDB's SET STATEMENT ... FOR is for; SET where it is not seen.
std::string_view after_set_statement(std::string_view text, size_t at, SqlDialect dialect) {
  const std::string_view told = first_outer_word(text, at, dialect, [&](std::string_view word, std::string_view, size_t end) {
    const bool is_for = word.size() == 3 && begins_with(word, 0, dialect, "FOR");
    return is_for ? sql_operation(text.substr(end), dialect) : std::string_view();
  });
  return told.empty() ? "SET" : told;
}

}  // namespace

std::string_view sql_operation(std::string_view text, SqlDialect dialect) {
  size_t at = 0;
  std::string_view operation = next_word(text, at, dialect);
  if (operation == "START") return begins_with(text, at, dialect, "TRANSACTION") ? "BEGIN" : kOtherOperation;
  if (operation == "BEGIN" && begins_with(text, at, dialect, "NOT")) return kCompoundOperation;
  const bool mysql = dialect == SqlDialect::mysql;
  if (mysql && operation == "SET" && begins_with(text, at, dialect, "STATEMENT")) return after_set_statement(text, at, dialect);
  return operation == "WITH" ? after_with(text, at, dialect) : operation;
}

std::string_view next_statement(std::string_view text, SqlDialect dialect) {
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ';') return text.substr(at + 1);
    const size_t next = after_opaque(text, at, dialect);
    at = next == at ? at + 1 : next;
  }
  return {};
}

}  // namespace sockwatch
