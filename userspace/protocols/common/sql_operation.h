// Which operation a statement of SQL is: its first word, of a fixed table. The text itself goes nowhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockwatch {

/// For words that are not in the table, and for text that ends before its first word.
inline constexpr std::string_view kOtherOperation = "_OTHER";

/// MariaDB's BEGIN NOT ATOMIC, which has statements in it and as many results.
inline constexpr std::string_view kCompoundOperation = "COMPOUND";

/// In MySQL's, `/*! ... */` is no comment, a backslash escapes within quotes, and `--` begins a comment before a blank only.
enum class SqlDialect : uint8_t { postgresql, mysql };

/// "SELECT" for "/* a */ (select 1)"; START TRANSACTION is BEGIN, END is COMMIT, ABORT is ROLLBACK, VALUES and TABLE are SELECT, WITH
/// and MariaDB's SET STATEMENT are what their statement is. The result lives for ever.
std::string_view sql_operation(std::string_view text, SqlDialect dialect = SqlDialect::postgresql);

/// What follows the statement that `text` begins with, behind its semicolon; empty where none follows. Quotes, comments and
/// dollar quotes are understood as the dialect has them.
std::string_view next_statement(std::string_view text, SqlDialect dialect = SqlDialect::postgresql);

}  // namespace sockwatch
