// Reads commands of Redis, as arrays of strings or as lines, from bytes that come in pieces.
//
// Of a command stay its name, how many words it has, whether one of them is GET, and its first argument's beginning: never a key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockwatch {

class RedisRequestReader {
 public:
  static constexpr size_t kMaxWord = 20;  ///< of a word that is looked at; longer ones are no name

  enum class Outcome : uint8_t { need_more, done, bad };

  /// A command that is an array begins so; in the middle of a connection, one that is whole.
  static bool may_begin(std::string_view bytes) { return bytes.size() >= 2 && bytes[0] == '*' && bytes[1] >= '1' && bytes[1] <= '9'; }

  /// Takes bytes up to the end of a command.
  Outcome read(std::string_view& bytes);
  /// Bytes of an argument that passed unseen; false when they may have held more than that.
  bool skip(uint64_t length);
  void reset() { *this = RedisRequestReader(); }
  bool at_start() const { return state_ == State::start; }

  // Of the command that has ended.
  /// A blank line or an empty array: it has no reply.
  bool is_blank() const { return words_read_ == 0; }
  std::string_view name() const { return words_[0].view(); }
  std::string_view first_argument() const { return words_[1].view(); }
  std::string_view second_argument() const { return words_[2].view(); }
  std::string_view last_argument() const { return last_.view(); }
  /// Of one that has not ended too, as its beginning says.
  uint32_t arguments() const { return words_read_ > 0 ? words_read_ + static_cast<uint32_t>(words_left_) - 1 : 0; }
  uint64_t line_size() const { return is_array_ ? 0 : left_; }
  bool has_get() const { return has_get_; }
  bool is_array() const { return is_array_; }

 private:
  enum class State : uint8_t { start, count, length, word, word_end, line };
  struct Word {
    std::array<char, kMaxWord> bytes = {};
    uint64_t size = 0;
    std::string_view view() const { return size <= kMaxWord ? std::string_view(bytes.data(), size) : std::string_view(); }
    void add(std::string_view more);
  };

  Outcome take_line_end(char c);
  void begin_word();
  void end_word();

  State state_ = State::start;
  bool is_array_ = false;
  bool cr_ = false;
  bool has_get_ = false;
  uint8_t digits_ = 0;
  uint64_t number_ = 0;
  uint64_t words_left_ = 0;
  uint32_t words_read_ = 0;
  uint64_t left_ = 0;         ///< of the word under way
  std::array<Word, 3> words_ = {};
  Word last_;
  Word word_;
};

}  // namespace sockwatch
