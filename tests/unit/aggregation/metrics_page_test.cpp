// docs/metrics.md and the table of metrics say the same: every metric, its type and its labels, and nothing
// else.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "aggregation/metric_table.h"

namespace sockwatch {
namespace {

/// The cells of each line "| a | b |" under the heading.
using Rows = std::vector<std::vector<std::string>>;

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

class Page {
 public:
  Page() {
    std::ifstream file(SOCKWATCH_METRICS_PAGE);
    EXPECT_TRUE(file) << SOCKWATCH_METRICS_PAGE;
    std::string heading;
    bool in_code = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("## ")) heading = line.substr(3);
      if (line.starts_with("```")) {
        in_code = !in_code;
      } else if (in_code) {
        queries_.push_back(line);
      } else if (line.starts_with("| `")) {
        std::vector<std::string> cells;
        std::istringstream rest(line.substr(1));
        for (std::string cell; std::getline(rest, cell, '|');) cells.push_back(trimmed(cell));
        rows_[heading].push_back(cells);
      }
    }
  }
  const Rows& under(const std::string& heading) const { return rows_.at(heading); }
  /// Rows that describe a metric: their second cell is a type.
  Rows metrics() const {
    Rows found;
    for (const auto& [heading, rows] : rows_)
      for (const auto& row : rows)
        if (row.size() == 4 && (row[1] == "counter" || row[1] == "gauge" || row[1] == "histogram"))
          found.push_back(row);
    return found;
  }
  const std::vector<std::string>& queries() const { return queries_; }

 private:
  std::map<std::string, Rows> rows_;
  std::vector<std::string> queries_;
};

std::string unquoted(const std::string& cell) { return cell.substr(1, cell.find('`', 1) - 1); }

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

/// Those with an underscore.
std::set<std::string> words(const std::string& text) {
  std::set<std::string> found;
  std::string word;
  for (const char c : text + ' ') {
    if ((c >= 'a' && c <= 'z') || c == '_') {
      word += c;
      continue;
    }
    if (word.find('_') != std::string::npos) found.insert(word);
    word.clear();
  }
  return found;
}

std::string type_name(MetricType type) {
  return type == MetricType::counter ? "counter" : type == MetricType::gauge ? "gauge" : "histogram";
}

TEST(MetricsPage, HasEveryMetricWithItsTypeAndLabelsAndNoOther) {
  std::map<std::string, std::string> expected;
  for (const MetricDescriptor& metric : metric_table())
    expected[std::string(metric.name)] = type_name(metric.type) + " " + std::string(metric.labels);
  std::map<std::string, std::string> told;
  for (const auto& row : Page().metrics()) {
    EXPECT_TRUE(told.emplace(unquoted(row[0]), row[1] + " " + without_blanks(row[2])).second)
        << "twice: " << row[0];
    EXPECT_GT(row[3].size(), 5u) << "no meaning: " << row[0];
  }
  EXPECT_EQ(told, expected);
}

TEST(MetricsPage, HasOpenTelemetrysNamesAndLabels) {
  std::set<std::string> expected;
  for (const MetricDescriptor& metric : metric_table()) {
    if (!metric.otel.has_own_name()) continue;
    std::string labels;
    for (const OtelLabel& label : metric.otel.labels)
      labels += (labels.empty() ? "" : ",") + std::string(label.name);
    expected.insert(std::string(metric.otel.name) + " " + std::string(metric.name) + " " + labels);
  }
  std::set<std::string> told;
  const Page page;
  for (const auto& row : page.under("OpenTelemetry's names"))
    told.insert(unquoted(row.at(0)) + " " + unquoted(row.at(1)) + " " + without_blanks(row.at(2)));
  EXPECT_EQ(told, expected);
}

TEST(MetricsPage, ExplainsEveryLabelAndNoOther) {
  std::set<std::string> expected;
  for (const MetricDescriptor& metric : metric_table()) {
    std::istringstream labels{std::string(metric.labels)};
    for (std::string label; std::getline(labels, label, ',');) expected.insert(label);
  }
  std::set<std::string> told;
  const Page page;
  for (const auto& row : page.under("Labels")) told.insert(unquoted(row.at(0)));
  EXPECT_EQ(told, expected);
}

// What the examples ask for is there: a metric of the table with what its type adds, and labels that it has.
TEST(MetricsPage, ExamplesAskForWhatThereIs) {
  std::map<std::string, std::string> labels_of;
  for (const MetricDescriptor& metric : metric_table()) {
    const std::string name(metric.name);
    const std::string labels = "," + std::string(metric.labels) + ",";
    if (metric.type == MetricType::histogram) {
      labels_of[name + "_bucket"] = labels + "le,";
      labels_of[name + "_sum"] = labels_of[name + "_count"] = labels;
    } else {
      labels_of[name] = labels;
    }
  }
  const Page page;
  ASSERT_GE(page.queries().size(), 10u);
  for (const std::string& query : page.queries()) {
    std::set<std::string> metrics;
    for (const std::string& word : words(query)) {
      if (word == "histogram_quantile" || word == "db_system" || word == "cache_type") continue;
      EXPECT_EQ(labels_of.count(word), 1u) << word << " in " << query;
      metrics.insert(word);
    }
    EXPECT_FALSE(metrics.empty()) << query;
    for (size_t at = query.find("by ("); at != std::string::npos; at = query.find("by (", at + 1)) {
      std::istringstream labels(without_blanks(query.substr(at + 4, query.find(')', at) - at - 4)));
      for (std::string label; std::getline(labels, label, ',');)
        for (const std::string& metric : metrics)
          EXPECT_NE(labels_of[metric].find("," + label + ","), std::string::npos)
              << label << " of " << metric << " in " << query;
    }
  }
}

}  // namespace
}  // namespace sockwatch
