#include "routes/segment_template.h"

#include <array>

#include "routes/characters.h"
#include "routes/random_piece.h"
#include "routes/segment_class.h"

namespace sockwatch {
namespace {

using namespace path_text;

constexpr std::string_view kToken = "{token}";
constexpr size_t kLongestSlug = 100;  // of words joined by separators
constexpr size_t kLongNumber = 5;     // digits of a number that is no part of a name
constexpr size_t kLongestKey = 10;    // the "SHOP" of "SHOP-17"

int hex_value(char c) { return digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }

// What percent-encoding hides; empty when the encoding is broken.
std::string decode(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      out += s[i];
    } else if (i + 2 < s.size() && hex(s[i + 1]) && hex(s[i + 2])) {
      out += static_cast<char>(hex_value(s[i + 1]) * 16 + hex_value(s[i + 2]));
      i += 2;
    } else {
      return {};
    }
  }
  return out;
}

bool is_number(std::string_view text, int least, int most) {
  if (text.size() > 4 || !all(text, digit)) return false;
  int number = 0;
  for (const char c : text) number = number * 10 + (c - '0');
  return number >= least && number <= most;
}

bool is_year(std::string_view text) { return text.size() == 4 && is_number(text, 1970, 2099); }

// The length of the date that `text` begins with: 2026.11.28, 2026-11, 20261128, each with a time where one follows.
size_t date_length(std::string_view text) {
  size_t length = 0;
  if (text.size() < 7 || !is_year(text.substr(0, 4))) return 0;
  const char joint = text[4];
  if (joint == '-' || joint == '_' || joint == '.') {
    if (!is_number(text.substr(5, 2), 1, 12)) return 0;
    length = 7;
    if (text.size() >= 10 && text[7] == joint && is_number(text.substr(8, 2), 1, 31)) length = 10;
  } else if (text.size() >= 8 && is_number(text.substr(4, 2), 1, 12) && is_number(text.substr(6, 2), 1, 31)) {
    length = 8;
  }
  if (length == 0) return 0;
  if (length < text.size() && text[length] == 'T' && length + 1 < text.size() && digit(text[length + 1]))
    length = std::min(text.find_first_not_of("0123456789:Z", length + 1), text.size());
  return length == text.size() || kSeparators.find(text[length]) != std::string_view::npos ? length : 0;
}

// Norms that have their number in their name.
bool is_norm(std::string_view word) {
  for (std::string_view norm : {"UTF", "UCS", "ISO", "IEC", "SHA", "MD", "AES", "RSA", "CRC", "ES", "HTTP", "TLS", "IPV", "IP", "OAUTH", "CP", "RFC",
                                "WINDOWS", "LATIN", "BASE", "PBKDF", "ROT", "H", "X", "COVID", "WEB", "TOP"})
    if (word == norm) return true;
  return false;
}

// The SHOP of SHOP-17.
bool is_issue_key(std::string_view word) {
  return word.size() >= 2 && word.size() <= kLongestKey && upper(word.front()) &&
         all(word, [](char c) { return upper(c) || digit(c); }) && !is_norm(word);
}

// Names with the values between them: in `buffer` where there are values, otherwise `s`.
std::string_view pieces_of(std::string_view s, std::string& buffer) {
  buffer.clear();
  bool words_only = true;  // so far: letters, no number
  bool dated = false;
  bool changed = false;
  for (size_t start = 0; start < s.size();) {
    if (const size_t length = date_length(s.substr(start)); length > 0) {
      buffer += "{date}";
      dated = changed = true;
      start += length;
    } else {
      const size_t end = piece_end(s, start);
      const std::string_view piece = s.substr(start, end - start);
      const bool last = end == s.size();
      const bool key = last && start > 0 && s[start - 1] == '-' && is_issue_key(s.substr(0, start - 1));
      const bool number = all(piece, digit);
      if (number && (dated || key || (last && start > 0 && words_only && piece.size() >= kLongNumber))) {
        buffer += "{id}";
        changed = true;
      } else if (is_random_piece(piece)) {
        return kToken;
      } else {
        buffer += piece;
        words_only = words_only && std::none_of(piece.begin(), piece.end(), digit);
      }
      start = end;
    }
    if (start < s.size()) buffer += s[start++];
  }
  return changed ? std::string_view(buffer) : s;
}

// Products(1), Orders(OrderID=1,ProductID=2), Users('jo'): a set and a key; empty of anything else, also of a call
// without arguments. What the key is made of does not matter: the set is one.
std::string_view keyed(std::string_view s, std::string& buffer) {
  const size_t open = s.find('(');
  if (open == std::string_view::npos || open == 0 || s.back() != ')' || open + 2 >= s.size()) return {};
  const std::string_view set = s.substr(0, open);
  const bool name = all(set, [](char c) { return letter(c) || digit(c) || c == '_' || c == '.' || c == '$' || c == '-'; });
  if (!name || !value_placeholder(set).empty()) return {};
  if (pieces_of(set, buffer) != set) return kToken;
  buffer = set;
  buffer += "({id})";
  return buffer;
}

// 42:cancel, an operation on a value.
std::string_view with_verb(std::string_view s, std::string& buffer) {
  const size_t colon = s.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view verb = s.substr(colon + 1);
  const std::string_view what = s.substr(0, colon);
  if (verb.size() < 3 || !all(verb, letter) || is_random_piece(verb)) return {};
  std::string_view value = value_placeholder(what);
  if (value.empty() && what.find(':') == std::string_view::npos && pieces_of(what, buffer) == kToken) value = kToken;
  if (value.empty()) return {};
  buffer = value;
  buffer += ':';
  buffer += verb;
  return buffer;
}

std::string_view compose(std::string_view s, std::string& buffer) {
  if (const std::string_view set = keyed(s, buffer); !set.empty()) return set;
  if (const std::string_view placeholder = value_placeholder(s); !placeholder.empty()) return placeholder;
  if (s.find('=') != std::string_view::npos || s.size() > kLongestSlug) return kToken;
  const size_t at = s.find('@');
  if (at != std::string_view::npos && s.find(':') < at) return kToken;  // somebody and a password
  if (const std::string_view operation = with_verb(s, buffer); !operation.empty()) return operation;
  return pieces_of(s, buffer);
}

bool same_word(std::string_view text, std::string_view word) {
  return text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) {
           return (a == '_' ? '-' : upper(a) ? static_cast<char>(a | 0x20) : a) == b;
         });
}

template <size_t n>
bool is_one_of(std::string_view text, const std::array<std::string_view, n>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return same_word(text, word); });
}

// What is sent to somebody, to be shown again once.
constexpr auto kSecretPlaces = std::to_array<std::string_view>(
    {"otp", "totp", "2fa", "mfa", "passcode", "one-time-code", "invite", "invites", "invitation", "invitations", "reset", "reset-password",
     "password-reset", "resetpassword", "passwordreset", "forgot-password", "magic", "magic-link", "magiclink", "activate", "activation", "verify",
     "verify-email", "verification", "confirm", "confirm-email", "confirmation", "unsubscribe", "token", "tokens", "apikey", "api-key", "recover",
     "recovery", "secret", "voucher", "vouchers", "coupon", "coupons", "redeem"});
constexpr auto kSecretEndings = std::to_array<std::string_view>({"token", "otp", "passcode", "secret", "invite"});

constexpr auto kVerbs = std::to_array<std::string_view>(
    {"accept", "account", "accounts", "activate", "add", "all", "app", "approve", "bulk", "callback", "cancel", "challenge", "change", "check",
     "code", "codes", "complete", "config", "confirm", "count", "create", "current", "decline", "delete", "deny", "device", "devices",
     "disable", "dns", "done", "email", "enable", "end", "enroll", "error", "expired", "export", "failed", "failure", "finish", "forgot",
     "generate", "get", "health", "help", "history", "import", "index", "info", "init", "introspect", "invite", "invitation", "key", "keys",
     "link", "links", "list", "login", "logout", "lookup", "mail", "me", "mine", "mobile", "new", "notify", "otp", "page", "password", "pending",
     "phone", "policy", "preview", "profile", "qr", "qrcode", "query", "redeem", "refresh", "register", "reject", "remove", "removal",
     "renew", "request", "requests", "resend", "reset", "result", "revoke", "rotate", "save", "search", "searchapplications", "secret", "secrets",
     "self", "send", "session", "sessions", "set", "settings", "setup", "show", "sms", "start", "state", "stats", "status", "stop", "submit",
     "success", "sync", "test", "token", "tokens", "totp", "update", "upload", "user", "users", "validate", "verification", "verify", "view"});

}  // namespace

std::string_view template_of(std::string_view segment, std::string& buffer) {
  if (segment.find('%') == std::string_view::npos) return compose(segment, buffer);
  const std::string decoded = decode(segment);
  if (decoded.empty() || !is_clean_text(decoded) || decoded.find_first_of("/{") != std::string::npos) return kToken;
  const std::string_view made = compose(decoded, buffer);
  return made == decoded ? segment : made;  // a name keeps its spelling
}

bool is_secret(std::string_view before, std::string_view segment) {
  const size_t joint = before.find_last_of("-_");
  const bool place = is_one_of(before, kSecretPlaces) || (joint != std::string_view::npos && is_one_of(before.substr(joint + 1), kSecretEndings));
  return place && !is_one_of(segment.substr(0, segment.find_first_of("-_.")), kVerbs);
}

std::string_view without_numbers(std::string_view segment, std::string& buffer) {
  buffer.clear();
  bool changed = false;
  bool named = false;
  for (size_t start = 0; start < segment.size();) {
    const size_t end = piece_end(segment, start);
    const std::string_view piece = segment.substr(start, end - start);
    const size_t number = piece.find_last_not_of("0123456789") + 1;  // 0 where there is no other
    const bool version = (number == 0 && start > 0 && segment[start - 1] == '.') || (number == 1 && (piece[0] | 0x20) == 'v');
    if (version) return {};
    buffer += piece.substr(0, number);
    named = named || number > 0;
    if (number < piece.size()) {
      buffer += "{id}";
      changed = true;
    }
    start = end;
    if (start < segment.size()) buffer += segment[start++];
  }
  return changed && named ? std::string_view(buffer) : std::string_view();
}

}  // namespace sockwatch
