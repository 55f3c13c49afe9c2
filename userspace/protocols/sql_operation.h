// Which operation a statement of SQL is: its first word, of a fixed table. The text itself goes nowhere.
#pragma once

#include <cstddef>
#include <string_view>

namespace sockwatch {

/// For words that are not in the table, and for text that ends before its first word.
inline constexpr std::string_view kOtherOperation = "_OTHER";

/// "SELECT" for "/* a */ (select 1)"; START is BEGIN, END is COMMIT, ABORT is ROLLBACK, VALUES and TABLE are SELECT. The result
/// lives for ever.
std::string_view sql_operation(std::string_view text);

/// What follows the statement that `text` begins with, behind its semicolon; empty where none follows. Quotes, comments and
/// dollar quotes are understood as PostgreSQL does; `backslashes`: as MySQL does.
std::string_view next_statement(std::string_view text, bool backslashes);

}  // namespace sockwatch
