#include "routes/random_piece.h"

#include <array>

#include "routes/characters.h"

namespace sockwatch {
namespace {

using namespace path_text;

constexpr size_t kLongestWord = 40;   // of one case
constexpr size_t kMinHash = 8;        // "deadbeef1"; shorter ones are words
constexpr size_t kMinMixed = 8;       // of letters in two cases, or letters and digits
constexpr size_t kMinKey = 16;        // of capitals and numbers
constexpr size_t kMinOneCase = 20;    // of letters in one case
constexpr size_t kMinDigits = 5;      // a number, whatever stands around it

// Of letters in one case nothing but the letters tells, and abbreviations are many: these need a clearer sign. Long names
// have to be words all through: half a unit a character.
constexpr int kMixedThreshold = -40;
constexpr int kOneCaseThreshold = -80;
constexpr int kLongPerCharacter = 5;

// For each letter, how much more often each letter follows it in words than one that is drawn at random: the binary
// logarithm of the ratio, plus 5, from 0 (a 32nd as often) to 9 (16 times). Counted in the words of an English list and in
// the names of some 20,000 operations and paths of public interfaces.
constexpr std::array<std::string_view, 26> kFollows = {
    "05651351503757050667433142",  // a
    "75127001730722710653600040",  // b
    "70407007606500710646500040",  // c
    "63258241821533620561532030",  // d
    "53574441311557242775243420",  // e
    "60007601800600710645600040",  // f
    "61108056700635520761601040",  // g
    "73118100700343710545502050",  // h
    "54656450001558640466150104",  // i
    "70008000600000800030703000",  // j
    "53128423701535430373413040",  // k
    "72247210702621620054520060",  // l
    "75108100700253660050500020",  // m
    "61666472614224521277341020",  // n
    "44552350403668550755655220",  // o
    "71227025600611760755500020",  // p
    "31002000000400000010900000",  // q
    "73458241704344630465531040",  // r
    "51617206603443552068503030",  // s
    "61408205800421620665502050",  // t
    "55555340501667350776010101",  // u
    "70009000800020630000310010",  // v
    "83137216702525720562100010",  // w
    "60607004700100480027431440",  // x
    "55646343611566570575325204",  // y
    "70009100700500610000310046",  // z
};

int follows(char a, char b) { return 10 * (kFollows[static_cast<size_t>((a | 0x20) - 'a')][static_cast<size_t>((b | 0x20) - 'a')] - '5'); }

// What the step from one character to the next says, in tenths: above 0 a name, below 0 chance.
int weigh(char a, char b, bool both_cases) {
  if (digit(a) && digit(b)) return 5;
  if ((digit(a) && letter(b)) || (letter(a) && digit(b))) return -25;  // a number within a word
  if (!letter(a) || !letter(b)) return 0;                              // another alphabet
  const int bonus = both_cases ? 8 : 0;          // chance would change the case half the time
  if (lower(a) && lower(b)) return follows(a, b) + bonus;
  if (upper(a) && upper(b)) return (both_cases ? std::max(follows(a, b), -10) : follows(a, b)) + bonus;  // an acronym
  return upper(a) ? follows(a, b) + 5 : -20;     // a word begins
}

int weigh(std::string_view piece, bool both_cases) {
  int sum = 0;
  for (size_t i = 1; i < piece.size(); ++i) sum += weigh(piece[i - 1], piece[i], both_cases);
  return sum;
}

// v2, v1alpha1, v1p1beta1, v20180820: "v" and numbers with the names of stages between them, one letter at the end at most.
bool is_version(std::string_view piece) {
  if (piece.size() < 2 || (piece[0] | 0x20) != 'v' || !digit(piece[1])) return false;
  for (size_t i = 1; i < piece.size();) {
    const size_t number = i;
    while (i < piece.size() && digit(piece[i])) ++i;
    const bool day = i - number == 8 && (piece.substr(number, 2) == "19" || piece.substr(number, 2) == "20");
    if (i - number > 3 && !day) return false;
    size_t end = i;
    while (end < piece.size() && lower(piece[end])) ++end;
    const std::string_view stage = piece.substr(i, end - i);
    bool known = stage.size() <= 1;
    for (std::string_view name : {"alpha", "beta", "rc", "pre", "dev", "eap", "main", "preview", "test"}) known = known || stage == name;
    if (!known || (end < piece.size() && (end == i || !digit(piece[end])))) return false;
    i = end;
  }
  return true;
}

// "exportjobsv2" without its "v2": which version of a name it is says nothing of the name.
std::string_view without_version(std::string_view piece) {
  size_t end = piece.size();
  while (end > 0 && digit(piece[end - 1])) --end;
  const bool version = end < piece.size() && piece.size() - end <= 2 && end > 3 && (piece[end - 1] | 0x20) == 'v';
  return version ? piece.substr(0, end - 1) : piece;
}

}  // namespace

bool is_hash(std::string_view s) {
  if (s.size() < kMinHash || !all(s, hex)) return false;
  return s.size() >= 2 * kMinHash || std::any_of(s.begin(), s.end(), digit);
}

bool is_random_piece(std::string_view piece) {
  const auto digits = static_cast<size_t>(std::count_if(piece.begin(), piece.end(), digit));
  if (is_version(piece)) return false;
  if (digits >= kMinDigits || is_hash(piece)) return true;
  piece = without_version(piece);
  const bool any_lower = std::any_of(piece.begin(), piece.end(), lower);
  const bool any_upper = std::any_of(piece.begin(), piece.end(), upper);
  const bool both_cases = any_lower && any_upper;
  if (digits > 0 && !any_lower && piece.size() >= kMinKey) return true;
  if (piece.size() > kLongestWord)
    return !both_cases || weigh(piece, true) < kLongPerCharacter * static_cast<int>(piece.size());
  if (both_cases || std::any_of(piece.begin(), piece.end(), digit))
    return piece.size() >= kMinMixed && weigh(piece, both_cases) < kMixedThreshold;
  return piece.size() >= kMinOneCase && weigh(piece, false) < kOneCaseThreshold;
}

}  // namespace sockwatch
