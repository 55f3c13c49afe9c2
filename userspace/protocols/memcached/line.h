// One line of memcached's text protocol and the block of data behind it, from bytes that come in pieces.
//
// Of a line stay how many words it has and the beginnings of some: never a key, since a key's word is not among those that are asked for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockwatch {

class MemcachedLine {
 public:
  static constexpr size_t kMaxWord = 20;     ///< of a word that is looked at
  static constexpr size_t kWords = 5;        ///< so many from the line's beginning are
  static constexpr uint64_t kMaxLine = 1 << 20;

  enum class Outcome : uint8_t {
    need_more,
    line,  ///< a line has ended; its data, if it has any, is to be announced by expect_data()
    data,  ///< the data of the line has ended
    bad,   ///< no text, or too long a line
  };

  /// Takes bytes up to the next outcome.
  Outcome read(std::string_view& bytes);
  /// `length` bytes and CRLF follow the line.
  void expect_data(uint64_t length) { data_left_ = length + 2; }
  /// Bytes of the data that passed unseen; false when they may have held more than that.
  bool skip(uint64_t length);
  /// The data has ended unseen: read() has yet to say so.
  bool data_ended() const { return data_skipped_; }
  void reset() { *this = MemcachedLine(); }
  bool at_start() const { return !in_line_ && data_left_ == 0 && !data_skipped_; }

  size_t words() const { return words_; }
  /// Empty for a word that is longer than kMaxWord.
  std::string_view word(size_t i) const { return i < kWords && i < words_ ? kept_[i].view() : std::string_view(); }
  std::string_view last_word() const { return last_.view(); }
  /// Whether one of the words from the third on is exactly this small letter (a flag of the meta commands).
  bool has_flag(char flag) const { return (flags_ >> (flag - 'a') & 1) != 0; }
  /// The word as a number; false when it is none.
  bool number(size_t i, uint64_t& out) const;

 private:
  struct Word {
    std::array<char, kMaxWord> bytes = {};
    size_t size = 0;
    std::string_view view() const { return size <= kMaxWord ? std::string_view(bytes.data(), size) : std::string_view(); }
  };
  void end_word();

  bool in_line_ = false;
  uint32_t flags_ = 0;
  uint64_t line_size_ = 0;
  uint64_t data_left_ = 0;
  bool data_skipped_ = false;  ///< it has ended unseen; read() has yet to say so
  size_t words_ = 0;
  std::array<Word, kWords> kept_ = {};
  Word current_;
  Word last_;
};

}  // namespace sockwatch
